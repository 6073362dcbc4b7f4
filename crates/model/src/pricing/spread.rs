//! Splitting an amount without losing a minor unit.

use std::cmp::Reverse;

/// Splits an amount in proportion to weights by the method of the largest remainder; of equal
/// remainders the first gets a unit first. Nothing is negative and `amount` is at most the sum of
/// the weights, so the shares add up to it and none is above its weight.
pub(super) fn spread(amount: i64, weights: &[i64]) -> Vec<i64> {
    let whole: i128 = weights.iter().copied().map(i128::from).sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let parts = weights
        .iter()
        .map(|weight| i128::from(amount) * i128::from(*weight));
    let parts: Vec<i128> = parts.collect();
    let mut shares: Vec<i64> = parts
        .iter()
        .map(|part| i64::try_from(part / whole).expect("a share is no larger than the amount"))
        .collect();
    let left = amount - shares.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&at| Reverse(parts[at] % whole));
    // Fewer units are left than there are remainders, so a share that came out even stays as it is.
    for (at, _) in order.into_iter().zip(0..left) {
        shares[at] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::spread;
    use proptest::prelude::*;

    #[test]
    fn the_largest_remainder_gets_the_odd_unit() {
        assert_eq!(spread(100, &[100, 100, 100]), [34, 33, 33]);
        assert_eq!(spread(10, &[1, 5, 9]), [1, 3, 6]);
        assert_eq!(spread(5, &[0, 5]), [0, 5]);
        assert_eq!(spread(0, &[0, 0]), [0, 0]);
        assert_eq!(spread(i64::MAX, &[i64::MAX, i64::MAX])[1], i64::MAX / 2);
    }

    proptest! {
        #[test]
        fn shares_add_up_and_are_fair(
            weights in proptest::collection::vec(0..1_000_000_i64, 1..50),
            per_mille in 0..=1000_i64,
        ) {
            let whole = weights.iter().sum::<i64>();
            let amount = whole * per_mille / 1000;
            let shares = spread(amount, &weights);
            prop_assert_eq!(shares.iter().sum::<i64>(), amount);
            for (share, weight) in shares.iter().zip(&weights) {
                prop_assert!((0..=*weight).contains(share));
                prop_assert!((share * whole - amount * weight).abs() < whole.max(1));
            }
        }
    }
}
