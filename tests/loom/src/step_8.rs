//! The waker of step 8 of the eight steps, and the wake that is lost without its fences.
//!
//! A thread does some work and wakes a task, while the executor hears of an earlier wake and
//! polls. If the thread sees the flag of that wake, it sends nothing; then the poll has to see the
//! work. If it doesn't, the executor waits for a message that nobody sends, which loom finds.

/// The waker from a file of step 8, and the race in which it takes part.
macro_rules! race {
    ($file:literal) => {
        use loom::sync::Arc;
        #[allow(unused_imports, reason = "without the fences nobody needs one")]
        use loom::sync::atomic::fence;
        use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering, Ordering::Relaxed};
        use loom::thread;

        use crate::{Sender, unbounded};

        #[derive(Clone, Copy)]
        struct Id {
            slot: usize,
            generation: u32,
        }

        include!(concat!(env!("OUT_DIR"), "/", $file));

        pub(super) fn race() {
            let (sender, messages) = unbounded();
            let (task, sent) = ((AtomicU32::new(0), AtomicUsize::new(0)), AtomicBool::new(false));
            let waker = Arc::new(TaskWaker { task, sent, inbox: Arc::new(sender) });
            let work = Arc::new(AtomicBool::new(false));
            waker.send();
            let thread = thread::spawn({
                let (work, waker) = (work.clone(), waker.clone());
                move || {
                    work.store(true, Relaxed);
                    waker.send();
                }
            });
            loop {
                let Ok(message) = messages.recv() else { unreachable!("the waker could send") };
                let Id { slot, generation } = message.heard();
                assert_eq!((slot, generation), (0, 0));
                if work.load(Relaxed) {
                    break;
                }
            }
            thread.join().unwrap();
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
#[should_panic = "deadlock"]
fn without_its_fences_one_is_lost() {
    loom::model(unfenced::race);
}
