//! The pace at which a busy loop looks at the clock and into the inbox.

/// The number of polls that a busy loop makes between two looks, on a real clock.
///
/// A look costs more than a poll. So there is one every 64 polls, or after as
/// many as recently took a quarter of a millisecond, whichever is fewer: if
/// polls are slow, after each. One quick poll among them mustn't mislead, so
/// the number at most doubles from look to look, and it starts with two.
pub(crate) struct Pace {
    /// Polls that are made from one look to the next; 0 once
    /// [expired](Pace::expire).
    budget: u32,
    /// Polls since the last look, and what else a turn takes from its batch.
    polls: u32,
    /// The time of the last look, in ticks.
    last_look: u64,
}

impl Pace {
    const FIRST_POLLS: u32 = 2;
    const MOST_POLLS: u32 = 64;
    const MOST_TICKS: u64 = 250_000;

    pub(crate) fn start() -> Self {
        Self { budget: Self::FIRST_POLLS, polls: 0, last_look: 0 }
    }

    pub(crate) fn spend(&mut self) {
        self.polls = self.polls.saturating_add(1);
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.polls >= self.budget
    }

    /// Makes the next turn begin with a look, which learns nothing about polls. It is
    /// for when time has passed otherwise than by polls, or something is to be looked
    /// for.
    pub(crate) fn expire(&mut self) {
        self.budget = 0;
    }

    /// Sets the budget for the time to come, at a look. A look without a poll since the last
    /// one learns nothing.
    pub(crate) fn set(&mut self, now: u64) {
        let budget = match (self.budget, self.polls) {
            (0, _) => Self::FIRST_POLLS,
            (budget, 0) => budget,
            _ => self.affordable(now),
        };
        *self = Self { budget, polls: 0, last_look: now };
    }

    /// Returns the number of polls that the time allows, if each takes as long as those
    /// since the last look.
    fn affordable(&self, now: u64) -> u32 {
        let took = (now - self.last_look).max(1);
        let affordable = u64::from(self.polls) * Self::MOST_TICKS / took;
        let most = Self::MOST_POLLS.min(2 * self.budget);
        u32::try_from(affordable).unwrap_or(most).clamp(1, most)
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    /// Returns the budget after a look at which so many polls had taken so many ticks,
    /// if it was `budget` before.
    fn next_budget(budget: u32, polls: u32, ticks: u64) -> u32 {
        let mut pace = Pace { budget, polls, last_look: 7 };
        pace.set(7 + ticks);
        pace.budget
    }

    #[test]
    fn short_polls_are_left_alone_in_ever_larger_numbers() {
        assert_eq!(next_budget(2, 2, 200), 4);
        assert_eq!(next_budget(32, 32, 3_200), 64);
        assert_eq!(next_budget(64, 64, 6_400), 64);
    }

    #[test]
    fn long_polls_are_each_followed_by_a_look() {
        assert_eq!(next_budget(64, 64, 64_000_000), 1);
        assert_eq!(next_budget(1, 1, 1_000_000), 1);
    }

    #[test]
    fn polls_in_between_fill_a_quarter_of_a_millisecond() {
        assert_eq!(next_budget(64, 64, 64 * 10_000), 25);
    }

    #[test]
    fn a_short_poll_among_long_ones_counts_for_little() {
        assert_eq!(next_budget(1, 1, 100), 2);
    }

    #[test]
    fn a_look_that_follows_another_at_once_learns_nothing() {
        assert_eq!(next_budget(8, 0, 100), 8);
        assert_eq!(next_budget(0, 0, 100), Pace::FIRST_POLLS);
    }

    #[test]
    fn time_that_has_passed_otherwise_calls_for_a_look() {
        let mut pace = Pace::start();
        assert!(!pace.is_spent());
        pace.expire();
        assert!(pace.is_spent());
        pace.set(1_000_000_000);
        assert_eq!(pace.budget, Pace::FIRST_POLLS);
    }
}
