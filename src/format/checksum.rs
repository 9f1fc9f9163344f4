//! Bob Jenkins' lookup3 hash (`hashlittle` with initial value 0), the checksum of metadata.

/// The checksum of `bytes`.
pub(crate) fn lookup3(bytes: &[u8]) -> u32 {
    let init = 0xdead_beef_u32.wrapping_add(bytes.len() as u32);
    let (mut a, mut b, mut c) = (init, init, init);
    let mut rest = bytes;
    // The last block, even when it is whole, goes through `last` and not through `mix`.
    while let Some((block, tail)) = rest.split_first_chunk::<12>()
        && !tail.is_empty()
    {
        let [x, y, z] = words(block);
        a = a.wrapping_add(x);
        b = b.wrapping_add(y);
        c = c.wrapping_add(z);
        mix(&mut a, &mut b, &mut c);
        rest = tail;
    }
    if rest.is_empty() {
        return c;
    }
    let mut block = [0; 12];
    for (to, from) in block.iter_mut().zip(rest) {
        *to = *from;
    }
    let [x, y, z] = words(&block);
    a = a.wrapping_add(x);
    b = b.wrapping_add(y);
    c = c.wrapping_add(z);
    last(a, b, c)
}

fn words(block: &[u8; 12]) -> [u32; 3] {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *block;
    [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]), u32::from_le_bytes([i, j, k, l])]
}

fn mix(a: &mut u32, b: &mut u32, c: &mut u32) {
    let step = |x: &mut u32, y: &mut u32, z: &mut u32, k| {
        *x = x.wrapping_sub(*z) ^ z.rotate_left(k);
        *z = z.wrapping_add(*y);
    };
    step(a, b, c, 4);
    step(b, c, a, 6);
    step(c, a, b, 8);
    step(a, b, c, 16);
    step(b, c, a, 19);
    step(c, a, b, 4);
}

fn last(mut a: u32, mut b: u32, mut c: u32) -> u32 {
    let step = |x: &mut u32, y: u32, k| *x = (*x ^ y).wrapping_sub(y.rotate_left(k));
    step(&mut c, b, 14);
    step(&mut a, c, 11);
    step(&mut b, a, 25);
    step(&mut c, b, 16);
    step(&mut a, c, 4);
    step(&mut b, a, 14);
    step(&mut c, b, 24);
    c
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The two values that Jenkins' own driver prints for an initial value of 0.
    #[test]
    fn published_vectors() {
        assert_eq!(lookup3(b""), 0xdead_beef);
        assert_eq!(lookup3(b"Four score and seven years ago"), 0x1777_0551);
    }
}
