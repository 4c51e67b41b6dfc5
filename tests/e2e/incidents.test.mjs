// An incident over the desk, by real clients: opened, counted, kept over a restart, its notices
// recorded, closed by two; and seen by those alone who have to do with it.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyProblem } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { accountOf, makeOfficers } from './lib/officers.mjs';
import { day } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const HOUR_MS = 3_600_000;
const HASH = 'ab'.repeat(32);
const CODE = 'SC-1';
let demo;
let server;
let signers;
let clients;

const stamp = (ms) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
const connect = () => {
    clients = Object.fromEntries(Object.entries(signers).map(([name, signer]) =>
        [name, new Http2Client({ port: server.port + 2, ca: demo.ca, ...signer.client })]));
};
const leave = () => Object.values(clients ?? {}).forEach((client) => client.destroy());
const bring = (who, act, values) => clients[who].request({
    method: 'POST', path: '/v1/acts', body: signers[who].act(act, values),
    headers: { 'content-type': 'application/jose' },
});
const see = (who) => clients[who].get(`/v1/incidents/${CODE}`);

before(async () => {
    demo = await demonstration('incidents');
    signers = { ...await makeOfficers(demo), hcm: accountOf(demo, 'hcm-onestop') };
    server = await serve(demo);
    const bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    for (const person of demo.samples().slice(0, 3)) {
        await bank.lookup(kycAsk(person, { fields: ['full_name', 'sex'] }));
    }
    bank.destroy();
    connect();
});
after(async () => {
    leave();
    await server?.stop();
    demo?.remove();
});

test('it is counted, and whoever opened it reads how many it has touched', async () => {
    const detected = stamp(Date.now() - 71 * HOUR_MS);
    const { status, json } = await bring('LAN', 'incident.open', { code: CODE, account: 'bank',
        from: day(-1), until: day(1), reason: 'Thẻ bị mất', detected });
    assert.equal(status, 200);
    assert.equal(json.object, CODE);
    const found = await until('the count', async () => {
        const answer = await see('LAN');
        return answer.json.persons !== undefined && answer.json;
    }, { timeoutMs: 60_000 }); // the worker gives way to all others
    assert.deepEqual([found.state, found.persons, found.disclosures, found.detected],
        ['open', 3, 3, detected]);
    assert.deepEqual(found.fields, { full_name: 3, sex: 3 });
    assert.equal(Date.parse(found.due) - Date.parse(found.detected), 72 * HOUR_MS);
    assert.match(found.drafts.authority, /3 lượt thông tin của 3 công dân/);
    assert.ok(!JSON.stringify(found).includes(demo.samples()[0].id));
});

test('who has neither role sees none, nor does an account', async () => {
    for (const who of ['MINH', 'hcm']) {
        verifyProblem(await see(who), 404, 'not_found');
        assert.deepEqual((await clients[who].get('/v1/incidents')).json.items, []);
    }
    assert.equal((await see('HOA')).status, 200);
});

test('after a restart it is as it was', async () => {
    const before_ = (await see('LAN')).json;
    leave();
    await server.stop();
    server = await serve(demo);
    connect();
    assert.deepEqual((await see('LAN')).json, before_);
});

test('notices are recorded, and two officers close it then', async () => {
    const sent = stamp(Date.now() - HOUR_MS);
    const early = await bring('LAN', 'incident.close', { code: CODE, reason: 'Đã thay thẻ' });
    verifyProblem(early, 409, 'state_conflict');
    assert.equal((await bring('LAN', 'incident.notify',
        { code: CODE, to: 'authority', hash: HASH, sent })).status, 200);
    const { json } = await see('LAN');
    assert.deepEqual([json.state, json.authority_notice, json.authority_sent],
        ['notified', HASH, sent]);
    const proposed = await bring('LAN', 'incident.close', { code: CODE, reason: 'Đã thay thẻ' });
    assert.equal(proposed.status, 202);
    assert.equal((await bring('HOA', 'proposal.approve', { code: proposed.json.object })).status, 200);
    const closed = (await see('HOA')).json;
    assert.deepEqual([closed.state, closed.conclusion], ['closed', 'Đã thay thẻ']);
});

test('`dancu incident` opens, tells and lists; a clock that has run out is recorded', async () => {
    const { client } = signers.LAN;
    const desk = ['--desk', `localhost:${server.port + 2}`, '--tls-cert', client.certPath,
        '--tls-key', client.keyPath, '--tls-ca', path.join(demo.dir, 'ca.pem')];
    const sign = ['--as', 'LAN', '--sign-key', path.join(demo.dir, 'officers/LAN.pem'), ...desk];
    const opened = await demo.dancu(['incident', 'open', 'SC-2', '--account', 'bank', '--from',
        day(-1), '--until', day(1), '--reason', 'Lần nữa', '--detected',
        stamp(Date.now() - 80 * HOUR_MS), ...sign]);
    assert.equal(opened.status, 0, opened.stderr);
    const told = await demo.dancu(['incident', 'notify', 'SC-2', '--to', 'persons', '--hash', HASH,
        '--sent', stamp(Date.now()), ...sign]);
    assert.equal(told.status, 0, told.stderr);
    leave();
    await server.stop(); // dates are looked at when a core starts, and every minute
    server = await serve(demo);
    connect();
    await until('the lapse', async () =>
        (await clients.LAN.get('/v1/incidents/SC-2')).json.state === 'overdue');
    const listed = await demo.dancu(['incident', 'list', '--home', demo.home]);
    assert.equal(listed.status, 0, listed.stderr);
    const states = listed.stdout.trim().split('\n').map((line) => JSON.parse(line))
        .map(({ code, state }) => [code, state]);
    assert.deepEqual(states, [[CODE, 'closed'], ['SC-2', 'overdue']]);
    await until('its public record', async () => /"outcome":"incident\.lapse"/
        .test((await demo.dancu(['ledger', 'show', '--last', '5'])).stdout));
});
