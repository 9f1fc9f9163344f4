//! Paths: from a group, through links, to an object.

use crate::format::message::link::{Link, LinkTarget};
use crate::object::links;
use crate::store::Store;
use crate::{Error, Result};

/// Where a path ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// At the object of this file with this address.
    Object(u64),
    /// At an external link, or behind one.
    External {
        /// The other file's name, as the link says.
        file: Vec<u8>,
        /// The path in that file.
        path: Vec<u8>,
    },
}

/// Where the last component of a path is to be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parent<'p> {
    /// The group, if it is in this file.
    pub(crate) group: Resolved,
    /// The last component; none if the path has no component, and so names the group itself.
    pub(crate) name: Option<&'p [u8]>,
}

/// The object that `path` leads to from the group `start`, or from `root` if it starts with a slash.
///
/// Soft links are followed, [`link_hops`](crate::Limits::link_hops) at most; external links are
/// for the caller.
///
/// # Errors
/// `NotFound`, naming the link, if one is missing or its target is. The caller names the path.
pub(crate) fn resolve(store: &Store, root: u64, start: u64, path: &[u8]) -> Result<Resolved> {
    Walk { store, root, hops: 0 }.run(start, path)
}

/// The group in which the last component of `path` is, without looking that up.
pub(crate) fn resolve_parent<'p>(store: &Store, root: u64, start: u64, path: &'p [u8]) -> Result<Parent<'p>> {
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |at| at.saturating_add(1));
    let trimmed = path.get(..end).unwrap_or_default();
    let begin = trimmed.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at.saturating_add(1));
    let (parent, name) = path.split_at_checked(begin).unwrap_or((path, b""));
    let name = name.get(..end.saturating_sub(begin)).unwrap_or_default();
    if name.is_empty() || name == b"." {
        return Ok(Parent { group: resolve(store, root, start, path)?, name: None });
    }
    Ok(Parent { group: resolve(store, root, start, parent)?, name: Some(name) })
}

/// One resolution, with the links followed so far.
struct Walk<'a> {
    store: &'a Store,
    root: u64,
    hops: u32,
}

impl Walk<'_> {
    /// Recurses once for every soft link, of which there are at most `link_hops`.
    fn run(&mut self, start: u64, path: &[u8]) -> Result<Resolved> {
        let mut at = if path.starts_with(b"/") { self.root } else { start };
        let mut rest = path;
        while let Some((name, behind)) = next_component(rest) {
            rest = behind;
            let link = match links::get(self.store, at, name) {
                Ok(Some(link)) => link,
                Ok(None) => {
                    let name = String::from_utf8_lossy(name);
                    return Err(Error::not_found(format!("there is no link called \"{name}\"")));
                }
                Err(error) => return Err(error),
            };
            match self.step(at, &link, rest)? {
                Resolved::Object(address) => at = address,
                external => return Ok(external),
            }
        }
        Ok(Resolved::Object(at))
    }

    /// What `link` of the group `at` leads to; `rest` is the path behind it.
    fn step(&mut self, at: u64, link: &Link, rest: &[u8]) -> Result<Resolved> {
        match &link.target {
            LinkTarget::Hard(address) => Ok(Resolved::Object(*address)),
            LinkTarget::Soft(target) => {
                self.hops = self.hops.saturating_add(1);
                if self.hops > self.store.limits().link_hops {
                    return Err(Error::limit("the path leads through too many soft links"));
                }
                match self.run(at, target)? {
                    Resolved::External { file, path } => {
                        Ok(Resolved::External { file, path: join(&path, rest) })
                    }
                    object => Ok(object),
                }
            }
            LinkTarget::External { file, path, .. } => {
                Ok(Resolved::External { file: file.clone(), path: join(path, rest) })
            }
            LinkTarget::User { class, .. } => {
                Err(Error::unsupported(format!("links of the user-defined class {class}")))
            }
        }
    }
}

/// The first component that is not "." and the path behind it.
fn next_component(mut path: &[u8]) -> Option<(&[u8], &[u8])> {
    loop {
        let start = path.iter().position(|&byte| byte != b'/')?;
        let trimmed = path.get(start..)?;
        let end = trimmed.iter().position(|&byte| byte == b'/').unwrap_or(trimmed.len());
        let (name, rest) = trimmed.split_at_checked(end)?;
        if name != b"." {
            return Some((name, rest));
        }
        path = rest;
    }
}

/// `path` and then `rest`, which may be empty or start with a slash.
fn join(path: &[u8], rest: &[u8]) -> Vec<u8> {
    let mut joined = path.to_vec();
    if next_component(rest).is_some() {
        if !joined.ends_with(b"/") && !rest.starts_with(b"/") {
            joined.push(b'/');
        }
        joined.extend_from_slice(rest);
    }
    joined
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
    use super::*;

    #[test]
    fn components_skip_slashes_and_dots() {
        let mut rest: &[u8] = b"//a/./bc///.";
        let mut names = Vec::new();
        while let Some((name, behind)) = next_component(rest) {
            names.push(name);
            rest = behind;
        }
        assert_eq!(names, [&b"a"[..], b"bc"]);
    }

    #[test]
    fn the_path_behind_an_external_link_is_appended() {
        assert_eq!(join(b"/a", b""), b"/a");
        assert_eq!(join(b"/a", b"/"), b"/a");
        assert_eq!(join(b"/a", b"/b/c"), b"/a/b/c");
        assert_eq!(join(b"/", b"b"), b"/b");
    }
}
