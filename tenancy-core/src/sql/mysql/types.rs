//! Which types a cast may name.
//!
//! There are no types of an application's own in MySQL, and none of the server's names a relation. The list is what the
//! server's grammar has after `AS` in CAST and after the comma in CONVERT.

use sqlparser::ast::{DataType, ObjectName, ObjectNamePart};

/// MariaDB's, which are no words of the parser's own.
const NAMES: [&str; 5] = ["inet4", "inet6", "nchar", "uuid", "year"];

/// Whether scoped SQL may name the type in a cast. Every variant is named, as for the other dialects.
pub(in crate::sql) fn is_type_allowed(ty: &DataType) -> bool {
    match ty {
        DataType::Character(_)
        | DataType::Char(_)
        | DataType::Varchar(_)
        | DataType::Nvarchar(_)
        | DataType::Binary(_)
        | DataType::Varbinary(_)
        | DataType::Uuid
        | DataType::Numeric(_)
        | DataType::Decimal(_)
        | DataType::Dec(_)
        | DataType::Float(_)
        | DataType::Real
        | DataType::Double(_)
        | DataType::DoublePrecision
        | DataType::Int(_)
        | DataType::Integer(_)
        | DataType::Signed
        | DataType::SignedInteger
        | DataType::Unsigned
        | DataType::UnsignedInteger
        | DataType::Date
        | DataType::Time(_, _)
        | DataType::Datetime(_)
        | DataType::Timestamp(_, _)
        | DataType::JSON => true,

        DataType::Custom(ObjectName(parts), modifiers) => {
            matches!(parts.as_slice(), [ObjectNamePart::Identifier(name)]
                if name.quote_style.is_none()
                    && modifiers.iter().all(|modifier| modifier.bytes().all(|b| b.is_ascii_digit()))
                    && NAMES.iter().any(|known| name.value.eq_ignore_ascii_case(known)))
        }

        DataType::CharacterVarying(_)
        | DataType::CharVarying(_)
        | DataType::Text
        | DataType::Float4
        | DataType::Float8
        | DataType::Int2(_)
        | DataType::Int4(_)
        | DataType::Int8(_)
        | DataType::SmallInt(_)
        | DataType::BigInt(_)
        | DataType::Bool
        | DataType::Boolean
        | DataType::JSONB
        | DataType::Bytea
        | DataType::Bit(_)
        | DataType::BitVarying(_)
        | DataType::VarBit(_)
        | DataType::Interval {
            fields: _,
            precision: _,
        }
        | DataType::GeometricType(_)
        | DataType::TsVector
        | DataType::TsQuery
        | DataType::CharacterLargeObject(_)
        | DataType::CharLargeObject(_)
        | DataType::Clob(_)
        | DataType::Blob(_)
        | DataType::TinyBlob
        | DataType::MediumBlob
        | DataType::LongBlob
        | DataType::TinyText
        | DataType::MediumText
        | DataType::LongText
        | DataType::String(_)
        | DataType::TinyInt(_)
        | DataType::MediumInt(_)
        | DataType::TinyIntUnsigned(_)
        | DataType::SmallIntUnsigned(_)
        | DataType::MediumIntUnsigned(_)
        | DataType::IntUnsigned(_)
        | DataType::IntegerUnsigned(_)
        | DataType::BigIntUnsigned(_)
        | DataType::Array(_)
        | DataType::Regclass
        | DataType::Table(_)
        | DataType::NamedTable { name: _, columns: _ }
        | DataType::Trigger
        | DataType::AnyType
        | DataType::Unspecified
        | DataType::Map(_, _, _)
        | DataType::Tuple(_)
        | DataType::Nested(_)
        | DataType::Enum(_, _)
        | DataType::Set(_)
        | DataType::Struct(_, _)
        | DataType::Union(_)
        | DataType::Nullable(_)
        | DataType::LowCardinality(_)
        | DataType::Bytes(_)
        | DataType::FixedString(_)
        | DataType::DecimalUnsigned(_)
        | DataType::DecUnsigned(_)
        | DataType::BigNumeric(_)
        | DataType::BigDecimal(_)
        | DataType::FloatUnsigned(_)
        | DataType::RealUnsigned
        | DataType::DoubleUnsigned(_)
        | DataType::DoublePrecisionUnsigned
        | DataType::Float32
        | DataType::Float64
        | DataType::UTinyInt
        | DataType::USmallInt
        | DataType::UBigInt
        | DataType::UHugeInt
        | DataType::HugeInt
        | DataType::Int2Unsigned(_)
        | DataType::Int4Unsigned(_)
        | DataType::Int8Unsigned(_)
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Int128
        | DataType::Int256
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::UInt128
        | DataType::UInt256
        | DataType::Date32
        | DataType::Datetime64(_, _)
        | DataType::TimestampNtz(_) => false,
    }
}
