//! Exact decimal digits of binary numbers, rounded half to even.

/// A decimal number: 0.d₁d₂d₃… × 10^(exponent + 1), so `exponent` is that of the first digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    digits: String,
    exponent: i32,
}

/// An unsigned integer of any size, in limbs of nine decimal digits, least significant first.
struct Big(Vec<u32>);

const LIMB: u64 = 1_000_000_000;

impl Big {
    fn new(mut value: u128) -> Self {
        let mut limbs = Vec::new();
        while value > 0 {
            limbs.push((value % u128::from(LIMB)) as u32);
            value /= u128::from(LIMB);
        }
        Self(limbs)
    }

    /// Multiplies by a factor below 2^33.
    fn multiply(&mut self, factor: u64) {
        let mut carry = 0;
        for limb in &mut self.0 {
            let product = u64::from(*limb) * factor + carry;
            *limb = (product % LIMB) as u32;
            carry = product / LIMB;
        }
        while carry > 0 {
            self.0.push((carry % LIMB) as u32);
            carry /= LIMB;
        }
    }

    fn power(&mut self, base: u64, step: u64, exponent: u32, steps: u32) {
        for _ in 0..exponent / steps {
            self.multiply(step);
        }
        for _ in 0..exponent % steps {
            self.multiply(base);
        }
    }

    fn to_digits(&self) -> String {
        let mut digits = String::new();
        for (index, limb) in self.0.iter().rev().enumerate() {
            let width = if index == 0 { 1 } else { 9 };
            digits.push_str(&format!("{limb:0width$}"));
        }
        digits
    }
}

impl Decimal {
    /// All digits of mantissa × 2^exponent; none for zero.
    fn exact(mantissa: u128, exponent: i32) -> Self {
        let shift = (mantissa.trailing_zeros() % 128) as i32;
        let (mantissa, exponent) = (mantissa >> shift, exponent + shift);
        let mut big = Big::new(mantissa);
        if exponent >= 0 {
            big.power(2, 1 << 29, exponent.unsigned_abs(), 29);
        } else {
            // m / 2^n is m × 5^n / 10^n.
            big.power(5, 1_220_703_125, exponent.unsigned_abs(), 13);
        }
        let digits = big.to_digits();
        let exponent = digits.len() as i32 - 1 + exponent.min(0);
        Self { digits, exponent }.trimmed()
    }

    /// Without trailing zeros, except that one digit stays.
    pub(super) fn trimmed(mut self) -> Self {
        let len = self.digits.trim_end_matches('0').len().max(1).min(self.digits.len());
        self.digits.truncate(len);
        self
    }

    /// Rounds to the first `len` digits.
    fn rounded(mut self, len: usize) -> Self {
        if self.digits.len() <= len {
            return self;
        }
        let (kept, dropped) = self.digits.split_at(len);
        let odd = kept.bytes().last().is_some_and(|digit| digit % 2 == 1);
        let half = dropped.starts_with('5') && dropped.bytes().skip(1).all(|digit| digit == b'0');
        let up = if half { odd } else { dropped.as_bytes()[0] >= b'5' };
        let mut digits = kept.as_bytes().to_vec();
        if up {
            let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
            let first = digits.len() - nines;
            digits[first..].fill(b'0');
            match first.checked_sub(1) {
                Some(at) => digits[at] += 1,
                None => {
                    digits.insert(0, b'1');
                    digits.truncate(len.max(1));
                    self.exponent += 1;
                }
            }
        }
        self.digits = digits.into_iter().map(char::from).collect();
        self
    }

    /// Exactly `count` significant digits, at least one.
    pub(super) fn with_digits(mantissa: u128, exponent: i32, count: usize) -> Self {
        if mantissa == 0 {
            return Self { digits: "0".repeat(count), exponent: 0 };
        }
        let mut decimal = Self::exact(mantissa, exponent).rounded(count);
        decimal.digits.extend(std::iter::repeat_n('0', count - decimal.digits.len()));
        decimal
    }

    /// As many digits as a fraction of `places` digits needs; perhaps none.
    pub(super) fn with_fraction(mantissa: u128, exponent: i32, places: usize) -> Self {
        if mantissa == 0 {
            return Self { digits: String::new(), exponent: 0 };
        }
        let exact = Self::exact(mantissa, exponent);
        match i64::from(exact.exponent) + 1 + places as i64 {
            len @ 0.. => exact.rounded(len as usize),
            _ => Self { digits: String::new(), exponent: 0 },
        }
    }

    pub(super) fn digits(&self) -> &str {
        &self.digits
    }

    /// The power of ten of the first digit.
    pub(super) fn exponent(&self) -> i32 {
        self.exponent
    }

    /// The whole part and a fraction of `places` digits, to which the number is rounded already.
    pub(super) fn fixed(&self, places: usize) -> (String, String) {
        let digit = |power: i64| {
            let index = i64::from(self.exponent) - power;
            usize::try_from(index)
                .ok()
                .and_then(|index| self.digits.as_bytes().get(index))
                .map_or('0', |&d| d.into())
        };
        let top = if self.digits.is_empty() { 0 } else { i64::from(self.exponent).max(0) };
        let whole = (0..=top).rev().map(digit).collect();
        let fraction = (1..=places as i64).map(|place| digit(-place)).collect();
        (whole, fraction)
    }
}
