//! Bytes that come in at the end and go out at the front, in one allocation. It never shrinks:
//! a connection's buffers find their size once.

/// A first-in first-out byte buffer whose content is always one slice.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
}

impl Buffer {
    /// What is in it.
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// How many bytes are in it.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Appends.
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        self.make_room();
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes `count` bytes from the front.
    ///
    /// # Panics
    /// When there are fewer.
    pub(crate) fn consume(&mut self, count: usize) {
        assert!(count <= self.len());
        self.start += count;
        if self.start == self.bytes.len() {
            self.clear();
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.start = 0;
    }

    /// Moves the content to the front once more is dead than alive: each byte moves at most once
    /// for each byte consumed.
    fn make_room(&mut self) {
        if self.start > self.bytes.len() / 2 {
            self.bytes.copy_within(self.start.., 0);
            self.bytes.truncate(self.len());
            self.start = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let (mut buffer, mut next_in, mut next_out) = (Buffer::default(), 0u8, 0u8);
        for round in 0..1_000usize {
            for _ in 0..round % 7 {
                buffer.extend(&[next_in, next_in.wrapping_add(1)]);
                next_in = next_in.wrapping_add(2);
            }
            let take = (round % 11).min(buffer.len());
            for byte in &buffer.as_slice()[..take] {
                assert_eq!(*byte, next_out);
                next_out = next_out.wrapping_add(1);
            }
            buffer.consume(take);
        }
        assert!(buffer.bytes.capacity() < 8_192, "it must reuse its space");
    }
}
