//! The columns that a source is known to have.

/// The columns of a source, as the server compares names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) enum Columns {
    /// These in this order, and no others; one without a name that is certain has an empty one.
    Exactly(Vec<String>),
    /// These, and no others.
    Known(Vec<String>),
    /// The catalogue does not list them.
    Unknown,
}

impl Columns {
    pub(super) fn none() -> Self {
        Columns::Exactly(Vec::new())
    }

    /// How many there are, where that is certain.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Columns::Exactly(columns) => Some(columns.len()),
            Columns::Known(_) | Columns::Unknown => None,
        }
    }

    /// The same, of which the number and the order are not certain.
    pub(super) fn loosely(self) -> Self {
        match self {
            Columns::Exactly(columns) | Columns::Known(columns) => Columns::Known(columns),
            Columns::Unknown => Columns::Unknown,
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Columns::Exactly(columns) | Columns::Known(columns) => columns.len(),
            Columns::Unknown => 0,
        }
    }

    pub(super) fn may_have(&self, column: &str) -> bool {
        match self {
            Columns::Exactly(columns) | Columns::Known(columns) => {
                columns.iter().any(|known| known == column)
            }
            Columns::Unknown => true,
        }
    }

    /// Both, one after the other.
    pub(super) fn and(self, more: Columns) -> Columns {
        match (self, more) {
            (Columns::Exactly(mut columns), Columns::Exactly(more)) => {
                columns.extend(more);
                Columns::Exactly(columns)
            }
            (
                Columns::Exactly(mut columns) | Columns::Known(mut columns),
                Columns::Exactly(more) | Columns::Known(more),
            ) => {
                columns.extend(more);
                Columns::Known(columns)
            }
            (Columns::Unknown, _) | (_, Columns::Unknown) => Columns::Unknown,
        }
    }

    /// Those of both.
    pub(super) fn common(self, other: Columns) -> Columns {
        match (self, other) {
            (
                Columns::Exactly(mut columns) | Columns::Known(mut columns),
                Columns::Exactly(other) | Columns::Known(other),
            ) => {
                columns.retain(|column| other.contains(column));
                Columns::Known(columns)
            }
            (Columns::Unknown, known) | (known, Columns::Unknown) => known,
        }
    }

    /// With new names for the first ones.
    pub(super) fn renamed(self, names: Vec<String>) -> Columns {
        match self {
            Columns::Exactly(columns) if names.len() <= columns.len() => {
                let rest = columns.into_iter().skip(names.len());
                Columns::Exactly(names.iter().cloned().chain(rest).collect())
            }
            Columns::Exactly(columns) | Columns::Known(columns) => {
                let rest = columns.into_iter().skip(names.len());
                Columns::Known(names.iter().cloned().chain(rest).collect())
            }
            Columns::Unknown => Columns::Unknown,
        }
    }
}
