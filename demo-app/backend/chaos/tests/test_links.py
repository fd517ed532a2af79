"""What each fault is on the wire."""

import asyncio

from ..link import reset
from .ends import WithProxy, soon


class Forwarding(WithProxy):
    async def test_bytes_pass_in_both_directions_and_so_does_an_end(self):
        reader, writer, far = await self.connect()
        writer.write(b"question")
        self.assertEqual(await soon(far.reader.readexactly(8)), b"question")
        far.writer.write(b"answer" * 100_000)
        self.assertEqual(await soon(reader.readexactly(600_000)), b"answer" * 100_000)
        far.writer.write_eof()
        self.assertEqual(await soon(reader.read()), b"")
        writer.write(b"more")
        self.assertEqual(await soon(far.reader.readexactly(4)), b"more", "the other direction is still open")

    async def test_a_client_that_is_reset_resets_the_server(self):
        _, writer, far = await self.connect()
        reset(writer)
        await self.assert_reset(far.reader)

    async def test_a_server_that_is_down_resets_the_client(self):
        self.upstream.close()
        await self.assert_refused()


class EndsOfLinks(WithProxy):
    async def test_reset_is_an_rst_at_both_ends(self):
        reader, _, far = await self.connect()
        self.assertEqual((await self.ask("/links/reset", {}))["acted_on"], 1)
        await self.assert_reset(reader)
        await self.assert_reset(far.reader)

    async def test_finish_is_a_fin_at_both_ends(self):
        reader, _, far = await self.connect()
        await self.ask("/links/finish", {})
        self.assertEqual(await soon(reader.read()), b"")
        self.assertEqual(await soon(far.reader.read()), b"")

    async def test_a_cut_lets_so_many_bytes_through_and_not_one_more(self):
        reader, _, far = await self.connect()
        await self.ask("/links/cut", {"bytes": 5})
        far.writer.write(b"abc")
        self.assertEqual(await soon(reader.readexactly(3)), b"abc")
        far.writer.write(b"defgh")
        self.assertEqual(await soon(reader.readexactly(2)), b"de")
        await self.assert_reset(reader)
        await self.assert_reset(far.reader)

    async def test_a_cut_works_upwards_too(self):
        _, writer, far = await self.connect()
        await self.ask("/links/cut", {"bytes": 2, "direction": "up"})
        writer.write(b"abc")
        self.assertEqual(await soon(far.reader.readexactly(2)), b"ab")
        await self.assert_reset(far.reader)

    async def test_an_end_that_arrives_after_the_other_end_is_gone_does_no_harm(self):
        _, writer, far = await self.connect()
        await self.ask("/links/silence", {"direction": "up"})
        writer.close()
        while not self.proxy.links[1].up.reader.at_eof():
            await asyncio.sleep(0)
        # The client answers this with a RST, of which the server does not hear: that direction is silent.
        far.writer.write(b"anybody?")
        while not self.proxy.links[1].down.passed:
            await asyncio.sleep(0)
        far.writer.close()
        while self.proxy.links:
            await asyncio.sleep(0)

    async def test_a_fault_hits_the_links_of_its_client_alone(self):
        mine, _, _ = await self.connect("ann")
        others, _, far = await self.connect("ben")
        state = await self.ask("/links/reset", {"client": "ann"})
        self.assertEqual(state["acted_on"], 1)
        await self.assert_reset(mine)
        far.writer.write(b"still here")
        self.assertEqual(await soon(others.readexactly(10)), b"still here")


class Silence(WithProxy):
    async def test_a_half_open_link_stays_open_and_nothing_arrives(self):
        reader, writer, far = await self.connect("ann")
        await self.ask("/links/silence", {})
        writer.write(b"lost")
        far.writer.write(b"lost too")
        await self.until_lost(up=4, down=8)
        self.assertFalse(reader.at_eof())
        _, _, fresh = await self.connect("ann")
        self.assertFalse(fresh.reader.at_eof(), "a new link is fine")

    async def test_only_one_direction_can_be_silent(self):
        reader, writer, far = await self.connect()
        await self.ask("/links/silence", {"direction": "up"})
        writer.write(b"lost")
        await self.until_lost(up=4, down=0)
        far.writer.write(b"heard")
        self.assertEqual(await soon(reader.readexactly(5)), b"heard")

    async def test_a_direction_that_is_silent_stays_silent_when_the_other_one_becomes_so_too(self):
        _, writer, far = await self.connect()
        await self.ask("/links/silence", {"direction": "up"})
        await self.ask("/links/silence", {"direction": "down"})
        writer.write(b"lost")
        far.writer.write(b"lost too")
        await self.until_lost(up=4, down=8)

    async def test_the_end_of_a_silent_link_is_lost_too(self):
        _, writer, far = await self.connect()
        await self.ask("/links/silence", {})
        writer.close()
        far.writer.write(b"nobody is there")
        await self.until_lost(up=0, down=15)
        self.assertFalse(far.reader.at_eof(), "the server has not heard of it")

    async def test_a_link_that_lost_bytes_is_reset_when_its_blackhole_ends(self):
        reader, _, far = await self.connect("ann")
        intact, _, intact_far = await self.connect("ann")
        await self.ask("/conditions", {"client": "ann", "conditions": {"blackhole": "both"}})
        far.writer.write(b"lost")
        await self.until_lost(up=0, down=4)
        await self.ask("/conditions", {"client": "ann", "conditions": {}})
        await self.assert_reset(reader)
        intact_far.writer.write(b"nothing is missing")
        self.assertEqual(await soon(intact.readexactly(18)), b"nothing is missing")

    async def until_lost(self, up, down):
        async def look():
            while True:
                link = (await self.ask("/"))["links"][0]
                if (link["up"]["lost"], link["down"]["lost"]) == (up, down):
                    return

        await soon(look())


class Slowness(WithProxy):
    async def test_a_latency_delays_each_byte_and_does_not_add_up(self):
        await self.ask("/conditions", {"conditions": {"latency_ms": 200}})
        loop = asyncio.get_running_loop()
        reader, _, far = await self.connect()
        started = loop.time()
        for _ in range(5):
            far.writer.write(b"tick")
            await far.writer.drain()
        await soon(reader.readexactly(20))
        took = loop.time() - started
        self.assertGreaterEqual(took, 0.2)
        self.assertLess(took, 5 * 0.2)

    async def test_a_throttled_link_is_as_slow_as_it_should_be(self):
        reader, _, far = await self.connect()
        await self.ask("/conditions", {"conditions": {"bytes_per_second": 10_000}})
        loop = asyncio.get_running_loop()
        started = loop.time()
        far.writer.write(b"x" * 5_000)
        await soon(reader.readexactly(5_000))
        self.assertGreaterEqual(loop.time() - started, 0.4)

    async def test_what_ends_ends_for_open_links_too(self):
        reader, _, far = await self.connect()
        await self.ask("/conditions", {"conditions": {"latency_ms": 600_000}})
        far.writer.write(b"at last")
        await self.ask("/conditions", {"conditions": {}})
        self.assertEqual(await soon(reader.readexactly(7)), b"at last")


class Refusal(WithProxy):
    async def test_one_client_is_reset_before_the_server_sees_it(self):
        open_already, _, far = await self.connect("ann")
        await self.ask("/conditions", {"client": "ann", "conditions": {"refuse": True}})
        await self.assert_refused("ann")
        self.assertTrue(self.arrived.empty())
        far.writer.write(b"as before")
        self.assertEqual(await soon(open_already.readexactly(9)), b"as before")
        await self.connect("ben")

    async def test_without_a_listener_the_kernel_refuses(self):
        await self.ask("/listening", {"listening": False})
        with self.assertRaises(ConnectionRefusedError):
            await soon(asyncio.open_connection("127.0.0.1", self.proxy.port))
        self.assertTrue((await self.ask("/listening", {"listening": True}))["listening"])
        await self.connect()
