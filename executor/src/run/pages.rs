//! Values that stand in pages, by index.

use std::cell::OnceCell;

/// The number of values of the first page. Each page has twice as many as the one before,
/// up to [`LARGE`].
const FIRST: usize = 4;

/// The number of values of a large page. To make them takes some hundred microseconds, in
/// which the loop stands still; if pages doubled for ever it would be hundreds of milliseconds
/// at ten million values.
const LARGE: usize = 1 << 14;

/// The greatest number of values.
pub(crate) const MOST: u32 = 1 << 26;

type Page<T> = OnceCell<Box<[T]>>;

/// Values that never move, so a reference to one stays valid while others are added.
#[derive(Default)]
pub(crate) struct Pages<T> {
    /// The pages of `FIRST` to `LARGE` values.
    small: [Page<T>; 13],
    /// The other pages, all large. The first two places stay empty: their values are in
    /// `small`.
    large: OnceCell<Box<[Page<T>]>>,
}

const _: () = assert!(FIRST << 12 == LARGE, "`small` is as long as it takes");

impl<T: Default> Pages<T> {
    /// Returns the value at an index, whose page was made.
    #[inline(always)]
    pub(crate) fn at(&self, index: u32) -> &T {
        let (page, place) = self.locate(index);
        &page.get().expect("the page was made for the first of its values")[place]
    }

    /// Makes the page of an index if the index is its first.
    pub(crate) fn make(&self, index: u32) {
        if let (page, 0) = self.locate(index) {
            let size = (index as usize + FIRST).min(LARGE);
            page.get_or_init(|| (0..size).map(|_| T::default()).collect());
        }
    }

    /// Returns the page of an index, which may not be made yet, and the place in it.
    #[inline(always)]
    fn locate(&self, index: u32) -> (&Page<T>, usize) {
        let shifted = index as usize + FIRST;
        let size = shifted.ilog2();
        match self.small.get((size - FIRST.ilog2()) as usize) {
            Some(small) => (small, shifted & !(1 << size)),
            None => (self.large_page(shifted / LARGE), shifted % LARGE),
        }
    }

    #[inline(never)]
    fn large_page(&self, page: usize) -> &Page<T> {
        let empty = || (0..=MOST as usize / LARGE).map(|_| Page::new()).collect();
        &self.large.get_or_init(empty)[page]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::ptr;

    use super::*;

    const OF_PAGES_OF_ALL_SIZES: u32 = 5 << 14;

    #[test]
    fn values_stay_where_they_are_while_pages_are_made() {
        let pages = Pages::<u8>::default();
        let make = |index| {
            pages.make(index);
            ptr::from_ref(pages.at(index))
        };
        let places: Vec<_> = (0..OF_PAGES_OF_ALL_SIZES).map(make).collect();
        let found = (0..OF_PAGES_OF_ALL_SIZES).map(|index| ptr::from_ref(pages.at(index)));
        assert!(found.eq(places.iter().copied()));
        let different: HashSet<_> = places.into_iter().collect();
        assert_eq!(different.len(), OF_PAGES_OF_ALL_SIZES as usize);
    }

    /// To make one doesn't take longer, the more there are.
    #[test]
    fn pages_grow_no_further_than_to_a_large_one() {
        let pages = Pages::<u8>::default();
        (0..OF_PAGES_OF_ALL_SIZES).for_each(|index| pages.make(index));
        let all = pages.small.iter().chain(pages.large.get().unwrap());
        let sizes: Vec<_> = all.filter_map(|page| Some(page.get()?.len())).collect();
        assert!(sizes.is_sorted() && sizes.last() == Some(&LARGE), "{sizes:?}");
        assert_eq!(sizes.len(), 13 + 4);
    }
}
