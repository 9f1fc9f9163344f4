//! What is done to a file.

/// A small generator of pseudo-random numbers (xorshift64*): the same on each run.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end.max(1)
    }
}

/// The checksum of the format's newer structures: Jenkins' lookup3, from zero.
pub(super) fn lookup3(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (start, start, start);
    let mut rest = bytes;
    let word = |bytes: &[u8], at: usize| {
        let byte = |n: usize| u32::from(bytes.get(at + n).copied().unwrap_or(0)) << (8 * n);
        byte(0) | byte(1) | byte(2) | byte(3)
    };
    loop {
        if rest.is_empty() {
            return c;
        }
        a = a.wrapping_add(word(rest, 0));
        b = b.wrapping_add(word(rest, 4));
        c = c.wrapping_add(word(rest, 8));
        if rest.len() <= 12 {
            break;
        }
        rest = &rest[12..];
        for (shift, n) in [4, 6, 8, 16, 19, 4].into_iter().zip([0, 1, 2].into_iter().cycle()) {
            let (x, y, z) = match n {
                0 => (&mut a, &mut b, &mut c),
                1 => (&mut b, &mut c, &mut a),
                _ => (&mut c, &mut a, &mut b),
            };
            *x = x.wrapping_sub(*z) ^ z.rotate_left(shift);
            *z = z.wrapping_add(*y);
        }
    }
    for (shift, n) in [14, 11, 25, 16, 4, 14, 24].into_iter().zip([0, 1, 2].into_iter().cycle()) {
        let (x, y) = match n {
            0 => (&mut c, b),
            1 => (&mut a, c),
            _ => (&mut b, a),
        };
        *x = (*x ^ y).wrapping_sub(y.rotate_left(shift));
    }
    c
}

/// The bytes that a checksum is over, and where it is; if that is among them, it counts as zeros.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seal {
    pub(super) start: usize,
    end: usize,
    place: usize,
}

impl Seal {
    fn checksum(self, bytes: &[u8]) -> [u8; 4] {
        if self.place >= self.end {
            return lookup3(&bytes[self.start..self.end]).to_le_bytes();
        }
        let mut covered = bytes[self.start..self.end].to_vec();
        covered[self.place - self.start..][..4].fill(0);
        lookup3(&covered).to_le_bytes()
    }

    fn holds(self, bytes: &[u8]) -> bool {
        self.reach() <= bytes.len() && bytes[self.place..self.place + 4] == self.checksum(bytes)
    }

    fn reach(self) -> usize {
        self.end.max(self.place + 4)
    }
}

/// The structures with a checksum. It follows them, except in the blocks of fractal heaps.
pub(super) fn sealed(bytes: &[u8]) -> Vec<Seal> {
    const LONGEST: usize = 700;
    let signatures: &[&[u8]] = &[
        b"OHDR", b"OCHK", b"BTHD", b"BTIN", b"BTLF", b"FRHP", b"FHIB", b"FAHD", b"FADB", b"EAHD", b"EAIB",
        b"EASB", b"EADB", b"FSHD", b"FSSE", b"SMTB", b"SMLI", b"\x89HDF",
    ];
    let mut found = Vec::new();
    for start in 0..bytes.len().saturating_sub(8) {
        if signatures.iter().any(|signature| bytes[start..].starts_with(signature)) {
            let ends = start + 4..start + LONGEST;
            found.extend(ends.map(|end| Seal { start, end, place: end }).find(|seal| seal.holds(bytes)));
        } else if bytes[start..].starts_with(b"FHDB") {
            // Version, address of the heap, and 2 to 8 bytes of an offset precede the checksum.
            let mut blocks = (9..14).flat_map(|power| {
                (start + 9..start + 22).map(move |place| Seal { start, end: start + (1 << power), place })
            });
            found.extend(blocks.find(|seal| seal.holds(bytes)));
        }
    }
    // After the structures that are in it.
    found.extend((0..bytes.len()).filter_map(|start| {
        let end = cache_image_end(bytes.get(start..)?)? + start;
        Some(Seal { start, end, place: end })
    }));
    found
}

/// Where the checksum of a metadata cache image is.
fn cache_image_end(bytes: &[u8]) -> Option<usize> {
    let len = bytes.strip_prefix(b"MDCI")?.get(2..)?.first_chunk()?;
    let end = usize::try_from(u64::from_le_bytes(*len)).ok()?.checked_sub(4)?;
    let stored = bytes.get(end..)?.first_chunk()?;
    (lookup3(bytes.get(..end)?) == u32::from_le_bytes(*stored)).then_some(end)
}

/// The checksum of the structures of onion files: Fletcher's, of 16-bit words.
pub(super) fn fletcher32(bytes: &[u8]) -> u32 {
    let fold = |sum: u32| (sum & 0xffff) + (sum >> 16);
    let (mut first, mut second) = (0, 0);
    for word in bytes.chunks(2) {
        first = fold(first + u32::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)])));
        second = fold(second + first);
    }
    second << 16 | first
}

/// Makes the checksums of an onion file right, as far as its structures can be found: those of the records, of
/// the history and the places in it, and of the header.
pub(super) fn seal_onion(bytes: &mut [u8]) -> Option<()> {
    let number = |bytes: &[u8], at: usize| -> Option<usize> {
        usize::try_from(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
    };
    let seal = |bytes: &mut [u8], start: usize, size: usize| -> Option<()> {
        let structure = bytes.get_mut(start..start.checked_add(size)?)?;
        let (data, stored) = structure.split_last_chunk_mut::<4>()?;
        *stored = fletcher32(data).to_le_bytes();
        Some(())
    };
    let (history, size) = (number(bytes, 20)?, number(bytes, 28)?);
    for nth in 0..number(bytes, history.checked_add(8)?)?.min(100) {
        let place = history.checked_add(16 + 20 * nth)?;
        seal(bytes, number(bytes, place)?, number(bytes, place.checked_add(8)?)?)?;
        seal(bytes, place, 20)?;
    }
    seal(bytes, history, size)?;
    seal(bytes, 0, 40)
}

/// A place where eight bytes may be an address: a number below the length.
fn address(bytes: &[u8], random: &mut Random) -> Option<usize> {
    let start = random.below(bytes.len());
    let mut places = (start..bytes.len()).chain(0..start);
    places.find(|&at| {
        let value =
            bytes.get(at..at + 8).and_then(|bytes| bytes.first_chunk()).copied().map(u64::from_le_bytes);
        value.is_some_and(|value| value >= 48 && value < bytes.len() as u64)
    })
}

/// Does some damage, with pieces of another file, mostly such that the checksums are right again.
pub(super) fn damage(bytes: &mut Vec<u8>, sealed: &[Seal], other: &[u8], random: &mut Random) {
    // Where there are zeros there is often nothing to hit.
    let place = |bytes: &[u8], random: &mut Random| {
        let places: [usize; 4] = std::array::from_fn(|_| random.below(bytes.len()));
        places.into_iter().find(|&at| bytes[at] != 0).unwrap_or(places[0])
    };
    for _ in 0..=random.below(3) {
        match random.below(11) {
            8 => splice(bytes, other, random),
            // An address becomes another of the file's, or leads to a structure: cycles, and kinds that are not meant.
            9 | 10 => {
                if let Some(to) = address(bytes, random) {
                    let new = match address(bytes, random) {
                        Some(from) if random.below(2) == 0 => bytes[from..from + 8].try_into().unwrap(),
                        _ if sealed.is_empty() => (random.below(bytes.len()) as u64).to_le_bytes(),
                        _ => (sealed[random.below(sealed.len())].start as u64).to_le_bytes(),
                    };
                    bytes[to..to + 8].copy_from_slice(&new);
                }
            }
            0 => {
                let len = random.below(bytes.len()).max(1);
                bytes.truncate(len);
            }
            1 => {
                let len = 1 + random.below(64.min(bytes.len()));
                let (from, to) = (random.below(bytes.len() - len + 1), random.below(bytes.len() - len + 1));
                bytes.copy_within(from..from + len, to);
            }
            2 | 3 => {
                let at = place(bytes, random);
                let len = bytes.len() as u64;
                let value = [
                    0,
                    1,
                    len,
                    len - 1,
                    u64::MAX,
                    u64::MAX - 1,
                    u32::MAX.into(),
                    1 << 40,
                    random.next() % len,
                ];
                let value = value[random.below(9)].to_le_bytes();
                let width = [1, 2, 4, 8][random.below(4)].min(bytes.len() - at);
                bytes[at..at + width].copy_from_slice(&value[..width]);
            }
            4 | 5 => {
                let at = place(bytes, random);
                bytes[at] = random.next() as u8;
            }
            _ => {
                let at = place(bytes, random);
                bytes[at] ^= 1 << random.below(8);
            }
        }
    }
    if random.below(5) > 0 {
        let len = bytes.len();
        for seal in sealed.iter().filter(|seal| seal.reach() <= len) {
            let checksum = seal.checksum(bytes);
            bytes[seal.place..seal.place + 4].copy_from_slice(&checksum);
        }
    }
}

/// Replaces the end by that of another file, or bytes somewhere by others from there.
fn splice(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    if random.below(2) == 0 {
        let at = random.below(bytes.len().min(other.len()));
        bytes.truncate(at);
        bytes.extend_from_slice(&other[at..]);
        return;
    }
    let len = 1 + random.below(1024.min(bytes.len()).min(other.len()));
    let (from, to) = (random.below(other.len() - len + 1), random.below(bytes.len() - len + 1));
    bytes[to..to + len].copy_from_slice(&other[from..from + len]);
}
