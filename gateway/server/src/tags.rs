//! What an input is marked with, so that its end and its answers find their way back.

/// Where what comes out of the line belongs. Travels as the tag of an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// A command of the session at this place.
    Command(usize),
    /// The query at this place.
    Query(usize),
    /// A login of the session at this place: its oldest one on the way.
    Login(usize),
}

const KIND_SHIFT: u32 = 56;

impl Tag {
    /// As it travels; never 0, which marks nothing.
    #[must_use]
    pub const fn code(self) -> u64 {
        let (kind, place) = match self {
            Self::Command(place) => (1, place),
            Self::Query(place) => (2, place),
            Self::Login(place) => (3, place),
        };
        (kind << KIND_SHIFT) | place as u64
    }

    /// From a code.
    #[must_use]
    pub const fn from_code(code: u64) -> Option<Self> {
        let place = (code & ((1 << KIND_SHIFT) - 1)) as usize;
        match code >> KIND_SHIFT {
            1 => Some(Self::Command(place)),
            2 => Some(Self::Query(place)),
            3 => Some(Self::Login(place)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_back_as_they_went() {
        for tag in [Tag::Command(0), Tag::Query(7), Tag::Login(1 << 40)] {
            assert_ne!(tag.code(), 0);
            assert_eq!(Tag::from_code(tag.code()), Some(tag));
        }
        assert_eq!(Tag::from_code(0), None);
    }
}
