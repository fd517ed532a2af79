//! What the page sees of the two clients: the same as of those in `clients.mjs`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::join_all;
use leptos_socket::Message;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::ours::Ours;
use crate::payload::{Order, Payload};
use crate::raw::Raw;

type Pool<P> = Rc<[Rc<P>]>;

#[wasm_bindgen]
pub struct RawClient {
    small: Raw<Order>,
    large: Raw<Vec<Order>>,
    pools: (Pool<Order>, Pool<Vec<Order>>),
    pushed: Rc<Pushed>,
}

#[wasm_bindgen]
impl RawClient {
    pub async fn connect(url: String) -> Self {
        let (small, large) = (Raw::connect(&url).await, Raw::connect(&url).await);
        let pushed = Rc::<Pushed>::default();
        small.on_push({
            let pushed = Rc::clone(&pushed);
            move |order: Order| pushed.count(&order)
        });
        Self { small, large, pools: (Order::pool(), Vec::pool()), pushed }
    }

    /// Makes so many calls. Returns how many of the replies were right.
    pub async fn calls(&self, records: bool, total: usize, in_flight: usize) -> usize {
        match records {
            true => run(&self.pools.1, total, in_flight, async |payload| self.large.call(&payload).await).await,
            false => run(&self.pools.0, total, in_flight, async |payload| self.small.call(&payload).await).await,
        }
    }

    /// Asks for pushes, and awaits so many. Returns the sum of their ids.
    pub async fn pushes(&self, total: usize) -> f64 {
        let sum = self.pushed.sum_of(total);
        self.small.send("push", "push", &self.pools.0[0]);
        sum.await.unwrap_or_default()
    }
}

#[wasm_bindgen]
pub struct OurClient {
    client: Ours,
    pools: (Pool<Order>, Pool<Vec<Order>>),
    pushed: Rc<Pushed>,
}

#[wasm_bindgen]
impl OurClient {
    pub async fn connect(url: String) -> Self {
        let client = Ours::connect(&url).await;
        let pushed = Rc::<Pushed>::default();
        client.on_push({
            let pushed = Rc::clone(&pushed);
            move |order| pushed.count(&order)
        });
        Self { client, pools: (Order::pool(), Vec::pool()), pushed }
    }

    /// As `RawClient` does it.
    pub async fn calls(&self, records: bool, total: usize, in_flight: usize) -> usize {
        match records {
            true => run(&self.pools.1, total, in_flight, async |payload| self.client.call(payload).await).await,
            false => run(&self.pools.0, total, in_flight, async |payload| self.client.call(payload).await).await,
        }
    }

    /// As `RawClient` does it.
    pub async fn pushes(&self, total: usize) -> f64 {
        let sum = self.pushed.sum_of(total);
        self.client.socket.send(Message::new("push", &self.pools.0[0].id)).expect("it is open");
        sum.await.unwrap_or_default()
    }
}

/// Makes `total` calls, of which `in_flight` are under way at any time. Returns how many of the replies were right.
async fn run<P: Payload>(
    pool: &Pool<P>,
    total: usize,
    in_flight: usize,
    call: impl AsyncFn(Rc<P>) -> Option<P>,
) -> usize {
    let (made, right) = (Cell::new(0), Cell::new(0));
    let one_after_another = async || {
        while made.get() < total {
            let payload = &pool[made.get() % pool.len()];
            made.set(made.get() + 1);
            let reply = call(Rc::clone(payload)).await;
            right.set(right.get() + usize::from(reply.is_some_and(|reply| payload.is_same(&reply))));
        }
    };
    join_all((0..in_flight).map(|_| one_after_another())).await;
    right.get()
}

/// The pushes that came.
#[derive(Default)]
struct Pushed {
    missing: Cell<usize>,
    sum: Cell<f64>,
    done: RefCell<Option<oneshot::Sender<f64>>>,
}

impl Pushed {
    /// The sum of the ids of the next pushes.
    fn sum_of(&self, pushes: usize) -> oneshot::Receiver<f64> {
        let (sender, sum) = oneshot::channel();
        self.missing.set(pushes);
        self.sum.set(0.0);
        self.done.replace(Some(sender));
        sum
    }

    fn count(&self, order: &Order) {
        self.sum.set(self.sum.get() + f64::from(order.id));
        self.missing.set(self.missing.get() - 1);
        if self.missing.get() == 0
            && let Some(done) = self.done.take()
        {
            let _ = done.send(self.sum.get());
        }
    }
}
