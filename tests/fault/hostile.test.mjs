// A few attacks of tests/fault/hostile for a second each, beside good clients at full load; the
// command of that name tries all of them and measures.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildLoad } from '../e2e/lib/generator.mjs';
import { sleep } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { GROWTH_KIB_MAX, most } from './hostile.mjs';
import { Attacker, GoodClients, Memory, phase } from './lib/beside.mjs';
import { tryForms, tryTlsForms } from './lib/forms.mjs';

const SECONDS = 0.6;
// Attack, listener, and whether its connections must have been ended by then.
const TRIED = [
    ['rapid reset', 'machine', true],
    ['resets made by the server: window overflow', 'machine', true],
    ['CONTINUATION flood', 'public', true],
    ['window opened byte by byte', 'machine', true],
    ['HPACK bomb', 'public', true],
    ['pipelines that are not read', 'public', false],
    ['half handshakes, held', 'public', false],
];
let demo;
let server;
let processes;

before(async () => {
    await buildLoad();
    demo = await demonstration('hostile-short');
    server = await serve(demo, { edges: 2 });
    processes = await server.processes();
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

test('every form that can be read in two ways is refused with its connection', async () => {
    assert.deepEqual(await tryForms(server, demo), []);
});

test('TLS gives neither renegotiation nor old versions nor compression', async () => {
    assert.deepEqual(await tryTlsForms(server), []);
});

test('beside hostile clients good ones are served, and memory stays below its ceiling', async (t) => {
    const memory = new Memory(processes);
    const good = new GoodClients(server, 'machine');
    await sleep(500);
    for (const [name, listener, ends] of TRIED) {
        const attacker = await new Attacker().start(name, listener, server);
        const found = await phase(good, processes, SECONDS);
        const told = await attacker.stop();
        assert.ok(good.alive && found.perSecond > 0, `good clients beside: ${name}`);
        assert.equal(found.failed + found.refused, 0, `no good ask fails beside: ${name}`);
        assert.ok(told.connections > 0 && (told.ended > 0 || !ends), `${name}: ${told.ended} ended`);
    }
    good.stop();
    memory.stop();
    const grown = most(memory.rows);
    assert.ok(grown.grew < GROWTH_KIB_MAX, `${grown.name} grew by ${grown.grew} KiB`);
    t.diagnostic(`${grown.name} grew most: ${grown.before} to ${grown.peak} KiB`);
});

test('after that the processes are those that were there at the start', async () => {
    assert.deepEqual((await server.processes()).map((row) => row.pid),
        processes.map((row) => row.pid));
});
