// How soon a revocation is in force: an account asks without a pause over one open HTTP/2
// connection, beside others' load on every edge, and is stopped in the middle of it by a signed act
// over the desk: its certificate revoked or itself locked by its organisation, or its parent stopped
// by an officer. The act's answer is the limit: what is sent after it is refused without exception.
//   tests/fault/revocation --rounds N
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { kycAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep } from '../e2e/lib/command.mjs';
import { Demonstration, demonstration } from '../e2e/lib/demo.mjs';
import { codeOf } from '../e2e/lib/load.mjs';
import { accountOf, makeOfficers, proposalOf, Signer } from '../e2e/lib/officers.mjs';
import { addBusiness, addParty } from '../e2e/lib/rights.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { quantile } from '../e2e/lib/stats.mjs';

const STREAMS = 8; // asks of the account under way at once
const LOAD_CONNECTIONS = 4;
const LOAD_STREAMS = 16;
const WAIT_MS = 10_000; // for answers of one kind, before it is a fault
const PARENT = 'revoked-party';

// Who signs what about the account of a round.
const KINDS = {
    certificate: (code, spki) => ['parent', 'account.certificate-revoke', { code, spki, reason: 'x' }],
    account: (code) => ['parent', 'account.sub-lock', { code, reason: 'x' }],
    parent: () => ['LAN', 'account.stop', { code: PARENT, reason: 'x' }],
};

// Signs and brings; the answer with the moment in which it came.
class Desk {
    constructor(demo, server, signers) {
        this.signers = signers;
        this.clients = Object.fromEntries(Object.entries(signers).map(([name, signer]) => [name,
            new Http2Client({ port: server.port + 2, ca: demo.ca, ...signer.client })]));
    }

    async bring(name, act, values, want = 200) {
        const body = this.signers[name].act(act, values);
        const sent = performance.now();
        const answer = await this.clients[name].request({ method: 'POST', path: '/v1/acts', body,
            headers: { 'content-type': 'application/jose' } });
        const came = performance.now();
        assert.equal(answer.status, want, answer.text);
        return { sent, came, proposal: proposalOf(body) };
    }

    async resumeParent() {
        const { proposal } = await this.bring('LAN', 'account.resume', { code: PARENT, reason: 'x' },
            202);
        await this.bring('MINH', 'proposal.approve', { code: proposal });
    }

    close() {
        return Promise.all(Object.values(this.clients).map((client) => client.close()));
    }
}

function open(server, demo, name) {
    return new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(name) });
}

// Others' asks, from a process of its own, so that they do not hold up the clock here.
class Load {
    constructor(server, demo) {
        this.child = fork(import.meta.filename, ['--load', JSON.stringify({ port: server.port,
            dir: demo.dir, persons: demo.persons, seed: demo.seed })]);
        this.answered = new Promise((resolve, reject) => {
            this.child.once('message', resolve);
            this.child.once('close', (status) => reject(new Error(`the load ended by ${status}`)));
        });
        this.answered.catch(() => {});
    }

    // How many were answered. One that has ended already is not told again.
    stop() {
        this.child.send('stop', () => {});
        return this.answered;
    }
}

// In that process, until it is told to stop, or its parent has gone.
async function asks({ port, dir, persons, seed }) {
    const demo = new Demonstration(dir, persons, seed);
    const bodies = demo.samples().slice(0, LOAD_STREAMS).map((person) => kycAsk(person));
    let stop = false;
    let answered = 0;
    for (const event of ['message', 'disconnect']) {
        process.once(event, () => { stop = true; });
    }
    await Promise.all(Array.from({ length: LOAD_CONNECTIONS }, async () => {
        const one = open({ port }, demo, 'bank');
        await Promise.all(bodies.map(async (body) => {
            while (!stop) {
                assert.equal((await one.off.lookup(body)).status, 200);
                answered++;
            }
        }));
        await one.close();
    }));
    return answered;
}

// Asks without a pause; every answer with the times at which it was sent and came.
async function asking(one, ask, seen, stop) {
    await Promise.all(Array.from({ length: STREAMS }, async () => {
        while (!stop.now) {
            const sent = performance.now();
            const answer = await one.off.lookup(ask);
            seen.push({ sent, came: performance.now(), code: codeOf(answer) });
        }
    }));
}

const of = (seen, code) => seen.filter((answer) => answer.code === code);

async function came(seen, code, count) {
    const begun = performance.now();
    while (of(seen, code).length < count) {
        assert.ok(performance.now() - begun < WAIT_MS, `no ${code}`);
        await sleep(5);
    }
}

async function round(server, demo, desk, kind, code, spki) {
    const one = open(server, demo, code);
    const ask = kycAsk(demo.samples()[0], { business: 'T-REVOKED', fields: ['full_name'] });
    const seen = [];
    const stop = { now: false };
    const going = asking(one, ask, seen, stop);
    await came(seen, 'disclosed', 2 * STREAMS);
    const told = await desk.bring(...KINDS[kind](code, spki));
    await came(seen, 'account_blocked', 2 * STREAMS);
    stop.now = true;
    await going;
    await one.close();
    const refused = of(seen, 'account_blocked');
    const given = of(seen, 'disclosed');
    assert.equal(refused.length + given.length, seen.length);
    assert.deepEqual(given.filter((answer) => answer.sent > told.came), [],
        'sent after, and answered');
    return {
        act: told.came - told.sent,
        refusal: Math.min(...refused.map((answer) => answer.came)) - told.sent,
        last: Math.max(0, Math.max(...given.map((answer) => answer.came)) - told.sent),
        asks: seen.length,
    };
}

async function addSub(demo, desk, code) {
    const signer = new Signer(code, null, await demo.issue(code));
    const spki = createHash('sha256').update(signer.spki).digest('hex');
    await desk.bring('parent', 'account.sub-add', { code, parent: PARENT, holder: 'system',
        name: 'x', businesses: 'T-REVOKED', spki });
    return spki;
}

function figures(rounds, name) {
    const values = rounds.map((one) => one[name]);
    const ms = (value) => Math.round(value * 100) / 100;
    return { p50: ms(quantile(values, 0.5)), p99: ms(quantile(values, 0.99)),
        most: ms(Math.max(...values)) };
}

export async function revocation({ rounds = 60 } = {}) {
    const demo = await demonstration('revocation');
    const done = [];
    let server;
    let desk;
    let load;
    try {
        await addParty(demo, PARENT);
        await addBusiness(demo, 'T-REVOKED', PARENT, { fields: ['full_name'] });
        const signers = await makeOfficers(demo);
        server = await serve(demo);
        desk = new Desk(demo, server, { ...signers, parent: accountOf(demo, PARENT) });
        const begun = performance.now();
        load = new Load(server, demo);
        for (let i = 0; i < rounds; i++) {
            const kind = Object.keys(KINDS)[i % 3];
            const code = `${PARENT}.${i}`;
            const spki = await addSub(demo, desk, code);
            done.push(await round(server, demo, desk, kind, code, spki));
            if (kind === 'parent') {
                await desk.resumeParent();
            }
        }
        const answered = await load.stop();
        const seconds = (performance.now() - begun) / 1000;
        return {
            rounds,
            asks: done.reduce((sum, one) => sum + one.asks, 0),
            load_per_s: Math.round(answered / seconds),
            act_answered_ms: figures(done, 'act'),
            first_refusal_ms: figures(done, 'refusal'),
            last_answer_ms: figures(done, 'last'),
        };
    } finally {
        await load?.stop().catch(() => {});
        await desk?.close();
        await server?.stop();
        demo.remove();
    }
}

if (process.argv[1] && path.resolve(process.argv[1]) === import.meta.filename) {
    const { values } = parseArgs({ options: { rounds: { type: 'string', default: '60' },
        load: { type: 'string' } } });
    if (values.load !== undefined) {
        process.send(await asks(JSON.parse(values.load)), () => process.disconnect());
    } else {
        console.log(JSON.stringify(await revocation({ rounds: Number(values.rounds) }), null, 2));
    }
}
