// Another index key takes over while the server runs: people are found by number and by name all along,
// and nobody else is; what stands in the log stays theirs.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { kycAsk, subjectOf, unknownId } from '../e2e/lib/asks.mjs';
import { Citizens } from '../e2e/lib/citizens.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep, until } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { grantSearch, SEARCH } from '../e2e/lib/search.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { verifyStatement } from '../e2e/lib/statement.mjs';
import { asked, isDone, kept as keptOf, settle, statusOf } from './rotation.mjs';

const PERSONS = 6000; // three chunks
const PROTECTED_PERMILLE = 350; // as many as a demonstration picks are still there
const OLD = 4; // rows of the statement before the rotation
const NEW = 3;
const ONCE = ['key.rotate', 'key.rotated'];
let demo;
let citizens;
let server;
let kept;
let seen; // on the way: how many answers of each kind, and what was wrong

const start = () => serve(demo, { args: [...citizens.args, '--map-s', '3600'] });

before(async () => {
    demo = await demonstration('rotation_index', { persons: PERSONS, hidden: PROTECTED_PERMILLE });
    await grantSearch(demo);
    citizens = await Citizens.open(demo);
    kept = keptOf(demo);
    server = await serve(demo);
    for (let i = 0; i < OLD; i++) {
        assert.equal((await asked(server, demo, demo.samples()[0])).status, 200);
    }
    await server.stop();
    server = await start();
    await until('a map is taken', () =>
        readdirSync(path.join(demo.home, 'derived')).some((name) => /^map-[0-9]/u.test(name)));
});
after(async () => {
    await server?.stop();
    citizens?.close();
    demo?.remove();
});

const nextKey = () => path.join(demo.keys, 'index.next.key');

// Asks in four ways, one after the other, until it is told to end.
class Lookers {
    constructor() {
        this.people = demo.samples().filter((one) => one.cmnd !== null);
        this.counts = { id: 0, cmnd: 0, nobody: 0, name: 0 };
        this.wrong = [];
        this.bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
        this.stop = false;
        this.done = this.#run();
        this.office = new Http2Client({ port: server.port, ca: demo.ca,
            ...demo.client('hcm-onestop') });
    }

    async #one(kind, person, number) {
        const { id, ...rest } = subjectOf(person);
        const subjects = { id: { id, ...rest }, cmnd: { cmnd: person.cmnd, ...rest },
            nobody: { id: unknownId(number), ...rest } };
        const answer = kind === 'name'
            ? await this.office.post('/v1/search', { business: SEARCH, case: 'HS-1',
                subject: { name: person.full_name, birth_date: person.birth_date } })
            : await this.bank.lookup(kycAsk(person, { subject: subjects[kind] }));
        const good = kind === 'nobody' ? answer.status !== 200
            : answer.status === 200 && (kind !== 'name' ||
                answer.json.result.hits.some((hit) => hit.id === person.id));
        if (!good && !/quota|rate|busy|unavailable/.test(answer.json?.code)) {
            this.wrong.push(`${kind}: ${answer.status} ${answer.text}`);
        }
        this.counts[kind] += good ? 1 : 0;
    }

    async #run() {
        for (let i = 0; !this.stop; i++) {
            for (const kind of Object.keys(this.counts)) {
                await this.#one(kind, this.people[i % this.people.length], i).catch((error) =>
                    this.wrong.push(`${kind}: ${error.message}`));
            }
            await sleep(2);
        }
    }

    async end() {
        this.stop = true;
        await this.done;
        await Promise.all([this.bank.close(), this.office.close()]);
        return this;
    }
}

async function statement() {
    await citizens.ready(server);
    const me = await citizens.signIn(demo.samples()[0].id);
    const lines = [];
    for (let body = {}; body;) {
        const { status, json } = await me('statement', body);
        assert.equal(status, 200, JSON.stringify(json));
        const { lines: some, next } = json.result ?? json;
        lines.push(...some.map((line) => JSON.stringify(line)));
        body = next ? { next } : null;
    }
    return verifyStatement(lines, demo.vkey);
}

test('people are found all along, and who is not there is not', async () => {
    const lookers = new Lookers();
    await sleep(300);
    const how = await demo.dancu(['key', 'rotate', 'index']);
    assert.equal(how.status, 0, how.stderr);
    assert.match(how.stdout, /key\.rotate recorded as entry \d+/);
    await until('all lies under the new key', () => isDone(demo, 'index'), { timeoutMs: 60_000 });
    seen = await lookers.end();
    assert.deepEqual(seen.wrong, []);
    assert.ok(Object.values(seen.counts).every((count) => count > 10), JSON.stringify(seen.counts));
    const { index, data } = await statusOf(demo);
    assert.equal(index.persons_done, PERSONS);
    assert.equal(data.state, 'never rotated');
});

test('what the log has of a person from before and since is whole, and proved', async () => {
    for (let i = 0; i < NEW; i++) {
        assert.equal((await asked(server, demo, demo.samples()[0])).status, 200);
    }
    const { count } = await statement();
    assert.equal(count.row, OLD);
    assert.ok(count.since >= NEW);
});

test('afterwards no tag of before is left, and the former key is kept as the identity key',
    async () => {
        assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
        // As a backup of its last moments has it: the end is in the log, the register is not whole.
        const registry = new DatabaseSync(path.join(demo.home, 'registry.db'));
        registry.exec("UPDATE keys SET veil = x''");
        registry.exec('UPDATE rotation SET whole = 0, upto = 5000, persons = 5000 WHERE which = 1');
        registry.close();
        server = await serve(demo);
        await until('its end is recorded again', () => server.said.includes(' key-rotated '));
        assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
        await settle(demo, kept, { key: 'index', acts: [...ONCE, 'key.rotated'] });
        assert.ok(existsSync(path.join(demo.keys, 'identity.key')));
        assert.ok(!existsSync(path.join(demo.keys, 'index.old.key')));
        const again = await demo.dancu(['key', 'retire', 'index']);
        assert.equal(again.status, 1);
        assert.match(again.stderr, /nothing to retire: done/);
        kept = keptOf(demo);
    });

test('without the identity key nothing starts', async () => {
    const identity = path.join(demo.keys, 'identity.key');
    renameSync(identity, `${identity}.away`);
    await assert.rejects(serve(demo), /identity key/);
    renameSync(`${identity}.away`, identity);
});

test('a second one that is killed on the way goes on, and needs both keys until its end', async () => {
    server = await start();
    const how = await demo.dancu(['key', 'rotate', 'index']);
    assert.equal(how.status, 0, how.stderr);
    for (const victim of ['loader', 'core']) {
        await until('it has begun', async () => {
            const { index } = await statusOf(demo);
            return index.state.startsWith('done') || index.state === 'under way';
        }, { everyMs: 20 });
        process.kill((await server.process(victim)).pid, 'SIGKILL');
    }
    await until('the core is back', async () => (await server.process('core')).pid > 0);
    if (!(await isDone(demo, 'index'))) {
        await server.stop();
        renameSync(nextKey(), `${nextKey()}.away`);
        const scrub = await demo.dancu(['scrub']);
        assert.notEqual(scrub.status, 0);
        renameSync(`${nextKey()}.away`, nextKey());
        server = await start();
    }
    await until('all lies under the new key', () => isDone(demo, 'index'), { timeoutMs: 60_000 });
    assert.deepEqual(await server.stop(), { status: 0, signal: null }, server.said);
    await settle(demo, kept, { key: 'index',
        acts: [...ONCE, 'key.rotated', ...ONCE] });
    assert.ok(existsSync(path.join(demo.keys, 'index.old.key')));
    server = await start();
    assert.equal((await asked(server, demo, demo.samples()[1])).status, 200);
    const { count } = await statement();
    assert.ok(count.row + count.since >= OLD + NEW);
});
