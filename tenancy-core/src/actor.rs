//! Who acts, and as what.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;

use crate::TenantId;

/// The name of an actor: 1 to 128 visible ASCII characters, as the application's own authentication knows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(SmolStr);

impl ActorId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ActorId {
    type Err = InvalidActor;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if !(1..=128).contains(&value.len()) || !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(InvalidActor(()));
        }
        Ok(Self(SmolStr::new(value)))
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActorId({self})")
    }
}

/// A text that names no actor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an actor's name is 1 to 128 visible ASCII characters without spaces")]
pub struct InvalidActor(());

/// Who acts.
///
/// ```
/// use tenancy_core::Actor;
///
/// let actor = Actor::user("42")?;
/// assert_eq!(actor.to_string(), "user:42");
/// assert!(Actor::user("").is_err());
/// # Ok::<(), tenancy_core::InvalidActor>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// Nobody in particular, on a public route.
    Anonymous,
    /// A person.
    User(ActorId),
    /// A program: a job, a command, an integration.
    Service(ActorId),
    /// Someone who runs the platform. Operators are members of no tenant.
    Operator(ActorId),
}

impl Actor {
    /// A person.
    ///
    /// # Errors
    /// `id` is no [`ActorId`].
    pub fn user(id: &str) -> Result<Self, InvalidActor> {
        id.parse().map(Actor::User)
    }

    /// A program.
    ///
    /// # Errors
    /// `id` is no [`ActorId`].
    pub fn service(id: &str) -> Result<Self, InvalidActor> {
        id.parse().map(Actor::Service)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Anonymous => f.write_str("anonymous"),
            Actor::User(id) => write!(f, "user:{id}"),
            Actor::Service(id) => write!(f, "service:{id}"),
            Actor::Operator(id) => write!(f, "operator:{id}"),
        }
    }
}

impl FromStr for Actor {
    type Err = InvalidActor;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value.split_once(':') {
            None if value == "anonymous" => Ok(Actor::Anonymous),
            Some(("user", id)) => id.parse().map(Actor::User),
            Some(("service", id)) => id.parse().map(Actor::Service),
            Some(("operator", id)) => id.parse().map(Actor::Operator),
            None | Some(_) => Err(InvalidActor(())),
        }
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// What a member is in a tenant, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May look.
    ReadOnly,
    /// May work.
    Member,
    /// May manage people and settings.
    Admin,
    /// May do everything, closing the tenant included.
    Owner,
}

impl Role {
    /// Whether this role may do what `least` may.
    pub fn at_least(self, least: Role) -> bool {
        self >= least
    }

    /// The role in its one written form.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::ReadOnly => "read_only",
            Role::Member => "member",
            Role::Admin => "admin",
            Role::Owner => "owner",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = InvalidRole;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        [Role::ReadOnly, Role::Member, Role::Admin, Role::Owner]
            .into_iter()
            .find(|role| role.as_str() == value)
            .ok_or(InvalidRole(()))
    }
}

/// A text that names no [`Role`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of read_only, member, admin and owner")]
pub struct InvalidRole(());

/// That an actor is a member of a tenant, as the application's membership store says.
///
/// Make one only from what that store answered for this actor and this tenant: it is what admission believes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    tenant: TenantId,
    actor: Actor,
    role: Role,
}

impl Membership {
    /// A membership that the store has confirmed.
    pub fn new(tenant: TenantId, actor: Actor, role: Role) -> Self {
        Self { tenant, actor, role }
    }

    /// The tenant.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The member.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What the member is in the tenant.
    pub fn role(&self) -> Role {
        self.role
    }
}
