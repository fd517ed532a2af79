//! Any operations in any order, in the world of the model: each message ends exactly once, and no promise is broken.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../core/tests/it/model/known.rs"]
mod known;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../core/tests/it/model/op.rs"]
mod op;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "../../core/tests/it/model/world.rs"]
mod world;

fuzz_target!(|input: (u8, Vec<u32>)| {
    let (variant, numbers) = input;
    let mut world = world::World::new(variant.into());
    for op in numbers.into_iter().flat_map(op::Op::from_number) {
        world.run(op);
    }
    world.end();
});
