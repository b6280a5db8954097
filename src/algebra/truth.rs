//! Three-valued logic, and the three ways in which two sets can be related.

/// True, false, or not to be known from the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Truth {
    /// Surely not.
    False,
    /// The text does not tell: a variable, a missing fact.
    Unknown,
    /// Surely.
    True,
}

impl Truth {
    /// Both.
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either.
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// How the set a statement speaks of relates to the set a rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// They overlap.
    Touches,
    /// The statement's contains the rule's.
    Covers,
    /// The statement's lies inside the rule's.
    Within,
}
