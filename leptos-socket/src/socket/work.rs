//! What is done one after another.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use leptos::prelude::untrack;

use super::Inner;
use crate::reactive::Raised;

/// A task that comes while one runs waits for that one to end.
#[derive(Default)]
pub(crate) struct Work {
    tasks: RefCell<VecDeque<Task>>,
    is_busy: Cell<bool>,
}

type Task = Box<dyn FnOnce(&Rc<Inner>)>;

impl Work {
    pub(crate) fn run(&self, socket: &Rc<Inner>, task: Task) {
        self.tasks.borrow_mut().push_back(task);
        let busy = Raised::new(&self.is_busy);
        while !busy.was_up()
            && let Some(task) = self.next()
        {
            untrack(|| task(socket));
        }
    }

    fn next(&self) -> Option<Task> {
        self.tasks.borrow_mut().pop_front()
    }

    /// See [`Part::on_fresh_stack`](super::Part::on_fresh_stack).
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "only a browser calls it"))]
    pub(crate) fn on_fresh_stack(&self) {
        self.is_busy.set(false);
    }
}
