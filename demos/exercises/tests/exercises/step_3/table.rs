#[path = "../../../src/step_3/table.rs"]
mod exercise;

use exercise::Table;

#[test]
fn a_thousand_values_one_after_the_other_share_one_place() {
    let mut table = Table::new();
    for value in 0..1_000 {
        let place = table.insert(value);
        assert_eq!(table.remove(place), Some(value));
    }
    assert_eq!(table.places(), 1);
}

#[test]
fn values_that_are_there_together_have_different_places() {
    let mut table = Table::new();
    let first = table.insert('a');
    table.insert('b');
    table.remove(first);
    let places: Vec<_> = ['c', 'd', 'e'].map(|letter| table.insert(letter)).into();
    let values: String = places.into_iter().filter_map(|place| table.remove(place)).collect();
    assert_eq!((values.as_str(), table.places()), ("cde", 4));
}

#[test]
fn a_place_that_is_removed_twice_is_vacant_once() {
    let mut table = Table::new();
    let place = table.insert('a');
    assert_eq!(table.remove(place), Some('a'));
    assert_eq!(table.remove(place), None);
    let (one, two) = (table.insert('b'), table.insert('c'));
    assert_eq!((table.remove(one), table.remove(two)), (Some('b'), Some('c')));
}

#[test]
fn a_place_that_never_was_has_no_value() {
    assert_eq!(Table::<char>::new().remove(7), None);
}
