//! Whole transactions: what each crash and each fault leaves.
