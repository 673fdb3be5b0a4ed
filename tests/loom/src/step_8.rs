//! The waker of step 8 of the eight steps, and the wake that is lost without its fences.
//!
//! A thread does some work and wakes a task, while the executor hears of an earlier wake and
//! polls. If the thread sees the flag of that wake, it sends nothing; then the poll has to see the
//! work. If it doesn't, there is no message once the thread has ended, which loom finds.

/// The waker from a file of step 8, and the race in which it takes part.
macro_rules! race {
    ($file:literal) => {
        use loom::sync::Arc;
        #[allow(unused_imports, reason = "without the fences nobody needs one")]
        use loom::sync::atomic::fence;
        use loom::sync::atomic::{AtomicBool, Ordering, Ordering::Relaxed};
        use loom::thread;

        use crate::{Receiver, Sender, unbounded};

        #[derive(Clone, Copy)]
        struct Id {
            slot: usize,
            generation: u32,
        }

        include!(concat!(env!("OUT_DIR"), "/", $file));

        pub(super) fn race() {
            let (sender, messages) = unbounded();
            let (task, sent) = (Id { slot: 0, generation: 0 }, AtomicBool::new(false));
            let waker = Arc::new(TaskWaker { task, sent, inbox: Arc::new(sender) });
            let work = Arc::new(AtomicBool::new(false));
            waker.clone().send();
            let thread = thread::spawn({
                let (work, waker) = (work.clone(), waker.clone());
                move || {
                    work.store(true, Relaxed);
                    waker.send();
                }
            });
            let has_seen = poll(&messages, &work);
            thread.join().unwrap();
            assert!(has_seen || poll(&messages, &work), "it ends without the work");
        }

        /// Hears of a wake, and polls the task: returns whether it sees the work.
        fn poll(messages: &Receiver<Arc<TaskWaker>>, work: &AtomicBool) -> bool {
            let message = messages.try_recv().expect("the wake is lost");
            let Id { slot, generation } = message.heard();
            assert_eq!((slot, generation), (0, 0));
            work.load(Relaxed)
        }
    };
}

mod fenced {
    race!("step_8.rs");
}

mod unfenced {
    race!("step_8_unfenced.rs");
}

#[test]
fn no_wake_is_lost_in_step_8() {
    loom::model(fenced::race);
}

#[test]
#[should_panic = "the wake is lost"]
fn without_its_fences_one_is_lost() {
    loom::model(unfenced::race);
}
