//! The timer wheel against a model: a sorted map does the same, only slower.

use std::collections::BTreeMap;

use executor::wheel::{Key, Wheel};
use proptest::prelude::*;

/// What a wheel does, in the plainest words.
///
/// A timer's value is its number; they are given in the order of insertion.
#[derive(Default)]
struct Model {
    /// By deadline, then by registration.
    timers: BTreeMap<(u64, u64), usize>,
    /// Delays that start to count at the next advance, by registration.
    nursery: BTreeMap<u64, (u64, usize)>,
    elapsed: u64,
    registrations: u64,
}

impl Model {
    fn register(&mut self) -> u64 {
        self.registrations += 1;
        self.registrations
    }

    fn insert(&mut self, deadline: u64, number: usize) {
        let registration = self.register();
        self.timers.insert((deadline, registration), number);
    }

    fn insert_in(&mut self, delay: u64, number: usize) {
        let registration = self.register();
        self.nursery.insert(registration, (delay, number));
    }

    fn remove(&mut self, number: usize) -> Option<usize> {
        let before = self.len();
        self.timers.retain(|_, it| *it != number);
        self.nursery.retain(|_, it| it.1 != number);
        (self.len() < before).then_some(number)
    }

    fn advance(&mut self, now: u64) -> Vec<usize> {
        self.elapsed = self.elapsed.max(now);
        let ahead = match self.elapsed.checked_add(1) {
            Some(next) => self.timers.split_off(&(next, 0)),
            None => BTreeMap::new(),
        };
        let due = std::mem::replace(&mut self.timers, ahead);
        for (_, (delay, number)) in std::mem::take(&mut self.nursery) {
            self.insert(self.elapsed.saturating_add(delay), number);
        }
        due.into_values().collect()
    }

    fn earliest(&self) -> Option<u64> {
        let deadline = self.timers.keys().next().map(|&(deadline, _)| deadline);
        if self.nursery.is_empty() { deadline } else { Some(self.elapsed) }
    }

    fn len(&self) -> usize {
        self.timers.len() + self.nursery.len()
    }
}

/// A wheel and its model, which must agree.
#[derive(Default)]
struct Pair {
    wheel: Wheel<usize>,
    model: Model,
    keys: Vec<Key>,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Insert { deadline: u64 },
    InsertAt { ahead: i64 },
    InsertIn { delay: u64 },
    Remove { which: prop::sample::Index },
    Advance { by: u64 },
    AdvanceTo { now: u64 },
    AdvanceToNextDeadline,
}

impl Pair {
    fn take(&mut self, step: Step) {
        match step {
            Step::Insert { deadline } => self.insert(deadline),
            Step::InsertAt { ahead } => {
                self.insert(self.model.elapsed.saturating_add_signed(ahead));
            }
            Step::InsertIn { delay } => self.insert_in(delay),
            Step::Remove { which } => self.remove(which),
            Step::Advance { by } => self.advance(self.model.elapsed.saturating_add(by)),
            Step::AdvanceTo { now } => self.advance(now),
            Step::AdvanceToNextDeadline => {
                if let Some(deadline) = self.wheel.next_deadline() {
                    self.advance(deadline);
                }
            }
        }
        self.assert_alike();
    }

    fn insert(&mut self, deadline: u64) {
        self.model.insert(deadline, self.keys.len());
        self.keys.push(self.wheel.insert(deadline, self.keys.len()));
    }

    fn insert_in(&mut self, delay: u64) {
        self.model.insert_in(delay, self.keys.len());
        self.keys.push(self.wheel.insert_in(delay, self.keys.len()));
    }

    /// The key may be stale: then neither side has anything to remove.
    fn remove(&mut self, which: prop::sample::Index) {
        if !self.keys.is_empty() {
            let number = which.index(self.keys.len());
            let key = self.keys[number];
            let removed = self.model.remove(number);
            assert_eq!(self.wheel.get_mut(key).copied(), removed);
            assert_eq!(self.wheel.remove(key), removed);
            assert_eq!(self.wheel.remove(key), None);
        }
    }

    fn advance(&mut self, now: u64) {
        let mut due = Vec::new();
        self.wheel.advance(now, &mut due);
        assert_eq!(due, self.model.advance(now));
    }

    fn assert_alike(&self) {
        assert_eq!(self.wheel.len(), self.model.len());
        assert_eq!(self.wheel.is_empty(), self.model.len() == 0);
        assert_eq!(self.wheel.elapsed(), self.model.elapsed);
        assert_earliest(&self.wheel, &self.model);
    }
}

/// While no list is long, `next_deadline` is exact.
#[track_caller]
fn assert_earliest(wheel: &Wheel<usize>, model: &Model) {
    let next = wheel.next_deadline();
    let earliest = model.earliest();
    assert_eq!(next.is_some(), earliest.is_some());
    if model.len() <= 32 {
        assert_eq!(next, earliest);
    } else {
        // All overdue ticks are alike: advance now.
        let earliest = earliest.map(|tick| tick.max(model.elapsed));
        assert!(next <= earliest, "{next:?} is later than {earliest:?}");
    }
}

/// Ticks of all magnitudes, crowded at both ends and around the powers of 64.
fn ticks() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..200_u64,
        (0..64_u32).prop_map(|bits| 1 << bits),
        (1..64_u32).prop_map(|bits| (1 << bits) - 1),
        any::<u64>(),
        any::<u64>().prop_map(|tick| tick >> 20),
        (0..100_u64).prop_map(|before| u64::MAX - before),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    let shift = (0..60_u32, 0..64_u64);
    let spans = shift.prop_map(|(bits, digit)| digit << bits);
    prop_oneof![
        2 => ticks().prop_map(|deadline| Step::Insert { deadline }),
        4 => (-50..5_000_i64).prop_map(|ahead| Step::InsertAt { ahead }),
        2 => ticks().prop_map(|delay| Step::InsertIn { delay }),
        2 => (0..100_u64).prop_map(|delay| Step::InsertIn { delay }),
        3 => any::<prop::sample::Index>().prop_map(|which| Step::Remove { which }),
        4 => (0..3_000_u64).prop_map(|by| Step::Advance { by }),
        1 => spans.prop_map(|by| Step::Advance { by }),
        1 => ticks().prop_map(|now| Step::AdvanceTo { now }),
        3 => Just(Step::AdvanceToNextDeadline),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn does_what_the_model_does(steps in prop::collection::vec(steps(), 1..80)) {
        let mut pair = Pair::default();
        for step in steps {
            pair.take(step);
        }
    }

    #[test]
    fn fires_crowds_in_order(
        deadlines in prop::collection::vec(0..40_u64, 1..300),
        stops in prop::collection::vec(0..20_u64, 1..10),
    ) {
        let mut pair = Pair::default();
        for deadline in deadlines {
            pair.take(Step::Insert { deadline: deadline * 37 });
        }
        for by in stops {
            pair.take(Step::Advance { by: by * 53 });
            pair.take(Step::InsertAt { ahead: 37 });
        }
    }

    #[test]
    fn going_from_deadline_to_deadline_misses_none(
        deadlines in prop::collection::vec(ticks(), 1..100),
    ) {
        let mut wheel = Wheel::new();
        for &deadline in &deadlines {
            wheel.insert(deadline, deadline);
        }
        let mut fired = Vec::new();
        // In a list each, or all in a few: a step a level at most.
        for _ in 0..11 * deadlines.len() {
            let Some(deadline) = wheel.next_deadline() else { break };
            let before = fired.len();
            wheel.advance(deadline, &mut fired);
            prop_assert!(fired[before..].iter().all(|&it| it == deadline), "late");
        }
        let mut sorted = deadlines;
        sorted.sort_unstable();
        prop_assert_eq!(fired, sorted);
    }
}

fn fired(wheel: &mut Wheel<&'static str>, now: u64) -> Vec<&'static str> {
    let mut due = Vec::new();
    wheel.advance(now, &mut due);
    due
}

#[test]
fn a_timer_fires_at_its_deadline_and_not_a_tick_before() {
    for level in 0..11 {
        let deadline = 5 << (level * 6) | 3;
        let mut wheel = Wheel::new();
        wheel.insert(deadline, "tick");
        assert!(fired(&mut wheel, deadline - 1).is_empty(), "level {level}");
        assert_eq!(fired(&mut wheel, deadline), ["tick"], "level {level}");
    }
}

#[test]
fn equal_deadlines_fire_in_order_of_registration_wherever_they_were_placed() {
    let mut wheel = Wheel::new();
    wheel.insert(10_000, "from afar");
    fired(&mut wheel, 9_000);
    wheel.insert(10_000, "from near");
    fired(&mut wheel, 9_990);
    wheel.insert(10_000, "from close by");
    assert_eq!(fired(&mut wheel, 10_000), ["from afar", "from near", "from close by"]);
}

#[test]
fn an_overdue_deadline_fires_at_the_next_advance_before_later_ones() {
    let mut wheel = Wheel::new();
    fired(&mut wheel, 100);
    wheel.insert(100, "now");
    wheel.insert(7, "long ago");
    assert_eq!(wheel.next_deadline(), Some(7));
    assert_eq!(fired(&mut wheel, 100), ["long ago", "now"]);
}

#[test]
fn the_last_tick_of_all_is_a_deadline_like_others() {
    let mut wheel = Wheel::new();
    wheel.insert(u64::MAX, "last");
    wheel.insert(u64::MAX - 1, "last but one");
    assert_eq!(fired(&mut wheel, u64::MAX - 1), ["last but one"]);
    assert_eq!(wheel.next_deadline(), Some(u64::MAX));
    assert_eq!(fired(&mut wheel, u64::MAX), ["last"]);
    wheel.insert(u64::MAX, "late");
    assert_eq!(fired(&mut wheel, u64::MAX), ["late"]);
}

#[test]
fn time_does_not_run_backwards() {
    let mut wheel = Wheel::new();
    wheel.insert(60, "tick");
    fired(&mut wheel, 50);
    assert!(fired(&mut wheel, 10).is_empty());
    assert_eq!(wheel.elapsed(), 50);
    assert_eq!(fired(&mut wheel, 60), ["tick"]);
}

#[test]
fn a_delay_counts_from_the_next_advance() {
    let mut wheel = Wheel::new();
    wheel.insert_in(10, "tick");
    assert_eq!(wheel.next_deadline(), Some(0), "the wheel's own time");
    assert!(fired(&mut wheel, 100).is_empty());
    assert_eq!(wheel.next_deadline(), Some(110));
    assert!(fired(&mut wheel, 109).is_empty());
    assert_eq!(fired(&mut wheel, 110), ["tick"]);
}

#[test]
fn a_delay_is_registered_at_the_next_advance_among_equal_deadlines() {
    let mut wheel = Wheel::new();
    wheel.insert_in(10, "delay");
    wheel.insert(110, "deadline, before the advance");
    fired(&mut wheel, 100);
    wheel.insert(110, "deadline, after it");
    let order = ["deadline, before the advance", "delay", "deadline, after it"];
    assert_eq!(fired(&mut wheel, 110), order);
}

#[test]
fn a_delay_of_nothing_still_takes_two_advances() {
    let mut wheel = Wheel::new();
    wheel.insert_in(0, "tick");
    assert!(fired(&mut wheel, 5).is_empty());
    assert_eq!(fired(&mut wheel, 5), ["tick"]);
}

#[test]
fn a_delay_beyond_the_end_of_time_ends_with_it() {
    let mut wheel = Wheel::new();
    fired(&mut wheel, 1_000);
    wheel.insert_in(u64::MAX, "tick");
    fired(&mut wheel, 1_000);
    assert_eq!(wheel.next_deadline(), Some(u64::MAX));
}

#[test]
fn a_delay_can_be_removed_before_it_counts() {
    let mut wheel = Wheel::new();
    let key = wheel.insert_in(10, "tick");
    assert_eq!(wheel.remove(key), Some("tick"));
    assert_eq!(wheel.next_deadline(), None);
    assert!(fired(&mut wheel, 1_000).is_empty());
}

/// Until it is taken, it can be given up.
#[test]
fn a_timer_that_is_due_can_be_removed() {
    let mut wheel = Wheel::new();
    let keys = [3, 1, 2].map(|deadline| wheel.insert(deadline, deadline));
    wheel.collect_due(9);
    assert_eq!(wheel.remove(keys[2]), Some(2));
    assert_eq!((wheel.len(), wheel.next_deadline()), (2, Some(9)));
    assert_eq!(wheel.get_mut(keys[0]), Some(&mut 3));
    assert_eq!([(); 3].map(|()| wheel.next_due()), [Some(1), Some(3), None]);
    assert_eq!((wheel.len(), wheel.next_deadline()), (0, None));
}

/// Those that become due before the others are taken come behind them.
#[test]
fn timers_that_are_due_are_taken_in_order_whenever_they_were_collected() {
    let mut wheel = Wheel::new();
    for deadline in [4, 2, 3, 1] {
        wheel.insert(deadline, deadline);
    }
    wheel.collect_due(2);
    assert_eq!(wheel.next_due(), Some(1));
    wheel.collect_due(4);
    assert_eq!([(); 4].map(|()| wheel.next_due()), [Some(2), Some(3), Some(4), None]);
}

#[test]
fn a_stale_key_reaches_no_later_timer() {
    let mut wheel = Wheel::new();
    let stale = wheel.insert(1, "former");
    fired(&mut wheel, 1);
    let key = wheel.insert(2, "tenant");
    assert_ne!(stale, key);
    assert_eq!(wheel.remove(stale), None);
    assert_eq!(wheel.get_mut(stale), None);
    assert_eq!(fired(&mut wheel, 2), ["tenant"]);
}

#[test]
fn of_more_than_thirty_two_timers_in_a_list_the_lists_first_tick_is_told() {
    let mut wheel = Wheel::new();
    let deadlines = 5_000..5_033;
    for deadline in deadlines.clone() {
        assert_ne!(wheel.next_deadline(), Some(4_096), "up to thirty-two it is exact");
        wheel.insert(deadline, deadline);
    }
    assert_eq!(wheel.next_deadline(), Some(4_096), "the list spans 4,096 to 8,191");
    let mut due = Vec::new();
    wheel.advance(4_096, &mut due);
    assert!(due.is_empty());
    wheel.advance(8_191, &mut due);
    assert!(due.into_iter().eq(deadlines));
}
