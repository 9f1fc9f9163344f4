//! A file whose parts are in several files, each for other addresses.

use std::io;

use super::ReadAt;

/// Storages that each hold a range of the addresses, as one.
///
/// Between the end of a member and the start of the next are zeros.
pub struct MultiStorage<S> {
    /// The members with their first addresses, sorted by these.
    members: Vec<(u64, S)>,
}

impl<S: ReadAt> MultiStorage<S> {
    /// Members with the addresses of their first bytes; one of them must be 0.
    ///
    /// # Errors
    /// `InvalidInput` if there is none for address 0, or two are for one address.
    pub fn new(mut members: Vec<(u64, S)>) -> io::Result<Self> {
        members.sort_by_key(|(start, _)| *start);
        let apart = members.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
        if members.first().is_none_or(|(start, _)| *start != 0) || !apart {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the members overlap, or none is the first",
            ));
        }
        Ok(Self { members })
    }

    /// The first address behind the member at this place in the order.
    fn limit(&self, at: usize) -> u64 {
        self.members.get(at + 1).map_or(u64::MAX, |(start, _)| *start)
    }
}

impl<S: ReadAt> ReadAt for MultiStorage<S> {
    fn len(&self) -> io::Result<u64> {
        let mut end = 0;
        for (start, member) in &self.members {
            let len = member.len()?;
            end = if len == 0 { end } else { start.saturating_add(len) };
        }
        Ok(end)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(buf.len() as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        if end > self.len()? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut at = offset;
        let mut rest = buf;
        while !rest.is_empty() {
            let number = self.members.partition_point(|(start, _)| *start <= at).saturating_sub(1);
            let (start, member) = self.members.get(number).ok_or(io::ErrorKind::UnexpectedEof)?;
            let room = usize::try_from(self.limit(number) - at).unwrap_or(usize::MAX);
            let (part, behind) = rest.split_at_mut(room.min(rest.len()));
            let there = member.len()?.saturating_sub(at - start).min(part.len() as u64) as usize;
            let (stored, gap) = part.split_at_mut(there);
            gap.fill(0);
            if !stored.is_empty() {
                member.read_at(at - start, stored)?;
            }
            at += part.len() as u64;
            rest = behind;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::check_read_at;
    use super::*;

    #[test]
    fn members_are_read_as_one() {
        let first: Vec<u8> = (0..=255).cycle().take(700).collect();
        let members = vec![(1000, vec![7; 300]), (0, first.clone()), (2000, Vec::new())];
        let expected = [first, vec![0; 300], vec![7; 300]].concat();
        check_read_at(&MultiStorage::new(members).unwrap(), &expected);
        assert!(MultiStorage::new(vec![(1, vec![1])]).is_err());
        assert!(MultiStorage::new(vec![(0, vec![1]), (0, vec![1])]).is_err());
    }
}
