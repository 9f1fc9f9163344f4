//! A file whose parts are in several files, each for other addresses.

use std::io;
use std::ops::Range;

use super::ReadAt;

/// Storages that each hold a range of the addresses, as one.
///
/// Between the end of a member and the start of the next is nothing, and cannot be read.
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
        if buf.is_empty() {
            return if end > self.len()? { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) };
        }
        let (mut at, mut rest) = (offset, buf);
        while !rest.is_empty() {
            let number = self.members.partition_point(|(start, _)| *start <= at).saturating_sub(1);
            let (start, member) = self.members.get(number).ok_or(io::ErrorKind::UnexpectedEof)?;
            let room = usize::try_from(self.limit(number) - at).unwrap_or(usize::MAX);
            let (part, behind) = rest.split_at_mut(room.min(rest.len()));
            member.read_at(at - start, part)?;
            at = at.saturating_add(part.len() as u64);
            rest = behind;
        }
        Ok(())
    }

    fn parts(&self) -> io::Result<Vec<Range<u64>>> {
        let mut parts: Vec<Range<u64>> = Vec::new();
        for (number, (start, member)) in self.members.iter().enumerate() {
            let end = start.saturating_add(member.len()?).min(self.limit(number));
            match parts.last_mut() {
                Some(last) if last.end == *start => last.end = end,
                _ if end > *start => parts.push(*start..end),
                _ => {}
            }
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::check_read_at;
    use super::*;

    #[test]
    fn members_are_read_as_one() {
        let first: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let members = vec![(1000, vec![7; 300]), (0, first.clone()), (2000, Vec::new())];
        let expected = [first, vec![7; 300]].concat();
        check_read_at(&MultiStorage::new(members).unwrap(), &expected);
        assert!(MultiStorage::new(vec![(1, vec![1])]).is_err());
        assert!(MultiStorage::new(vec![(0, vec![1]), (0, vec![1])]).is_err());
    }

    #[test]
    fn there_is_nothing_between_members() {
        const FAR: u64 = i64::MAX as u64;
        let multi =
            MultiStorage::new(vec![(0, vec![1; 700]), (1000, vec![2; 300]), (FAR, vec![3; 5])]).unwrap();
        assert_eq!(multi.len().unwrap(), FAR + 5);
        assert_eq!(multi.parts().unwrap(), [0..700, 1000..1300, FAR..FAR + 5]);
        let read = |offset: u64, len: usize| multi.read_at(offset, &mut vec![0; len]).map_err(|it| it.kind());
        assert_eq!(read(FAR, 5), Ok(()));
        for (offset, len) in [(600, 101), (700, 1), (999, 2), (1200, 101), (FAR, 6), (u64::MAX, 1)] {
            assert_eq!(read(offset, len), Err(io::ErrorKind::UnexpectedEof), "{offset} {len}");
        }
    }
}
