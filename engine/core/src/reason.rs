//! Why something was refused or ended. docs/reasons.md says what a user can do about each.

use crate::words::words;

words! {
    /// One word from a closed list: the rule book's, in the order of its table, then later ones.
    Reason: u16 {
        UnknownInstrument = 1, "unknown_instrument";
        UnknownAccount = 2, "unknown_account";
        AccountKilled = 3, "account_killed";
        BadQty = 4, "bad_qty";
        BadPrice = 5, "bad_price";
        BadStopPx = 6, "bad_stop_px";
        BadExpireAt = 7, "bad_expire_at";
        BadDisplayQty = 8, "bad_display_qty";
        BadMinQty = 9, "bad_min_qty";
        Unsupported = 10, "unsupported";
        DuplicateClOrdId = 11, "duplicate_cl_ord_id";
        NotOpen = 12, "not_open";
        MaxOrderQty = 13, "max_order_qty";
        MaxNotional = 14, "max_notional";
        MaxOpenOrders = 15, "max_open_orders";
        PriceBand = 16, "price_band";
        Overflow = 17, "overflow";
        MaxPosition = 18, "max_position";
        InsufficientFunds = 19, "insufficient_funds";
        WouldCross = 20, "would_cross";
        FokUnfilled = 21, "fok_unfilled";
        MinQtyUnfilled = 22, "min_qty_unfilled";
        UnknownOrder = 23, "unknown_order";
        Unfilled = 24, "unfilled";
        SelfTrade = 25, "self_trade";
        HaltBand = 26, "halt_band";
        MassCancel = 27, "mass_cancel";
        KillSwitch = 28, "kill_switch";
        Disconnected = 29, "disconnected";
        UnknownSale = 30, "unknown_sale";
        Blocked = 31, "blocked";
        BadValue = 32, "bad_value";
        UnknownProduct = 33, "unknown_product";
        TooManyRequests = 34, "too_many_requests";
        LimitPerAccount = 35, "limit_per_account";
        LimitPerSale = 36, "limit_per_sale";
        LimitPerOrigin = 37, "limit_per_origin";
        SoldOut = 38, "sold_out";
        SaleClosed = 39, "sale_closed";
        NotDrawn = 40, "not_drawn";
        UnknownAuction = 41, "unknown_auction";
        TooLate = 42, "too_late";
        OwnAuction = 43, "own_auction";
        DuplicateBidId = 44, "duplicate_bid_id";
        TooLow = 45, "too_low";
        NoBuyNow = 46, "no_buy_now";
        UnknownReservation = 47, "unknown_reservation";
        AlreadyConfirmed = 48, "already_confirmed";
        NotHeld = 49, "not_held";
        NotQueued = 50, "not_queued";
        NotADraw = 51, "not_a_draw";
        TooEarly = 52, "too_early";
        BadSeed = 53, "bad_seed";
        NotSeller = 54, "not_seller";
        HasBids = 55, "has_bids";
        BelowFree = 56, "below_free";
        DuplicateId = 57, "duplicate_id";
        UnknownAsset = 58, "unknown_asset";
        BelowMin = 59, "below_min";
        AboveMax = 60, "above_max";
        WrongAccount = 61, "wrong_account";
        Outbid = 62, "outbid";
        ReserveNotMet = 63, "reserve_not_met";
        Cancelled = 64, "cancelled";
        Full = 65, "full";
        NotPermitted = 66, "not_permitted";
        Busy = 67, "busy";
        Throttled = 68, "throttled";
        UnknownTemplate = 69, "unknown_template";
        BadLength = 70, "bad_length";
        BadEnum = 71, "bad_enum";
        MissingField = 72, "missing_field";
        OutOfRange = 73, "out_of_range";
        BadGroup = 74, "bad_group";
        BadText = 75, "bad_text";
        NotScheduled = 76, "not_scheduled";
        UnknownRules = 77, "unknown_rules";
        NothingHeldBack = 78, "nothing_held_back";
    }
}
