//! `ringpit import lobster`: each row's scenario line, counts, places of errors.

use crate::ends;

const ROWS: &str = "\
34200.004241176,1,7,18,5853300,1
34200.00426064,1,8,20,5853400,-1
34200.1,2,7,5,5853300,1
34200.1,2,7,3,5853300,1
34200.2,4,8,11,5853400,-1
34200.3,4,7,1,5853300,1
34200.3,3,7,9,5853300,1
34200.4,5,0,10,5853350,-1
34200.4,3,99,9,5853300,1
34200.5,7,0,0,-1,-1
";

#[test]
fn each_row_becomes_its_line() {
    let (code, stdout, stderr) = ends(&["import", "lobster", "-"], ROWS);
    assert_eq!(
        (code, stderr.as_str()),
        (0, "rows=10 orders=2 replaces=2 cancels=1 executions=2 unknown=1 skipped=2\n")
    );
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(
        &lines[5..],
        [
            r#"{"at":34200004241176,"do":"new_order","account":1,"instrument":1,"cl_ord_id":7,"side":"buy","ord_type":"limit","qty":18,"price":5853300}"#,
            r#"{"at":34200004260640,"do":"new_order","account":1,"instrument":1,"cl_ord_id":8,"side":"sell","ord_type":"limit","qty":20,"price":5853400}"#,
            r#"{"at":34200100000000,"do":"replace_order","account":1,"instrument":1,"orig_cl_ord_id":7,"cl_ord_id":7,"qty":13}"#,
            r#"{"at":34200100000000,"do":"replace_order","account":1,"instrument":1,"orig_cl_ord_id":7,"cl_ord_id":7,"qty":10}"#,
            r#"{"at":34200200000000,"do":"new_order","account":2,"instrument":1,"cl_ord_id":8,"side":"buy","ord_type":"limit","qty":11,"price":5853400,"tif":"ioc"}"#,
            r#"{"at":34200300000000,"do":"new_order","account":2,"instrument":1,"cl_ord_id":7,"side":"sell","ord_type":"limit","qty":1,"price":5853300,"tif":"ioc"}"#,
            r#"{"at":34200300000000,"do":"cancel_order","account":1,"instrument":1,"orig_cl_ord_id":7}"#,
        ]
    );
    let (code, _, stderr) = ends(&["run", "-"], stdout);
    assert_eq!((code, stderr.as_str()), (0, ""));
}

#[test]
fn a_row_that_cant_be_read_is_named_by_file_line_and_column() {
    for (row, what) in [
        ("34200.1,1,7,18,5853300", "line: 5 columns, not time,type,order_id,size,price,direction"),
        ("34200.1234567891,1,7,18,5853300,1", "time: not seconds: 34200.1234567891"),
        ("-1,1,7,18,5853300,1", "time: not seconds: -1"),
        ("34200.,1,7,18,5853300,1", "time: not seconds: 34200."),
        ("99999999999999999999,1,7,18,5853300,1", "time: not seconds: 99999999999999999999"),
        ("34200,8,7,18,5853300,1", "type: none of 1 to 7: 8"),
        ("34200,1,x,18,5853300,1", "order_id: outside 0 to 9223372036854775807: x"),
        ("34200,1,7,-18,5853300,1", "size: outside 0 to 9223372036854775807: -18"),
        (
            "34200,1,7,18,9223372036854775808,1",
            "price: outside 0 to 9223372036854775807: 9223372036854775808",
        ),
        ("34200,1,7,18,5853300,2", "direction: neither 1 nor -1: 2"),
        ("34199,1,7,18,5853300,1", "time: 34199000000000 ns after 34200500000000 ns: time fell"),
    ] {
        let first = "34200.5,1,6,18,5853300,1\n";
        let (code, stdout, stderr) = ends(&["import", "lobster", "-"], format!("{first}{row}\n"));
        assert_eq!((code, stderr), (2, format!("-:2: {what}\n")), "{row}");
        assert_eq!(stdout.lines().count(), 6, "{row}");
    }
}
