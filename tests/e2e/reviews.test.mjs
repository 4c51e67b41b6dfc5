// Reviews over the desk, by real clients: a disclosure is picked, the bank shows the case file,
// two officers confirm; and who would be drawn at random, computed here from the public log.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyProblem, verifyReceipt } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { readCheckpoint } from './lib/note.mjs';
import { accountOf, makeOfficers } from './lib/officers.mjs';
import { serve } from './lib/server.mjs';
import { readBundle, tilePath, tilesOf } from './lib/tree.mjs';

const VN_MS = 7 * 3600_000;
const FILE = Buffer.concat([Buffer.from('%PDF-1.7\n'), randomBytes(40_000)]);
let demo;
let server;
let signers;
const clients = {};
const disclosed = []; // { index, ask, day }

const dayOf = (time) => new Date(Date.parse(time) + VN_MS).toISOString().slice(0, 10);
const post = (who, jws) => clients[who].request({
    method: 'POST', path: '/v1/acts', body: jws, headers: { 'content-type': 'application/jose' },
});
const bring = (who, act, values) => post(who, signers[who].act(act, values));
const good = async (who, act, values) => {
    const answer = await bring(who, act, values);
    assert.ok([200, 202].includes(answer.status), `${act}: ${answer.text}`);
    return answer;
};
const both = async (act, values) => {
    const { json } = await good('LAN', act, values);
    return good('HOA', 'proposal.approve', { code: json.object });
};
const see = (who, address) => clients[who].get(address);
const reads = async (who, code) => {
    const { json, headers } = await see(who, `/v1/case-files/${code}`);
    assert.deepEqual(Buffer.from(json.content, 'base64'), FILE);
    assert.equal(headers['cache-control'], 'no-store');
};
const nobodyReads = async (code, hash) => {
    for (const who of Object.keys(clients)) {
        const { json } = await see(who, `/v1/case-files/${code}`);
        assert.deepEqual(json, { code, hash, party: 'bank', size: FILE.length,
            type: 'application/pdf', version: 1 }, who);
    }
};
const open = async () => {
    Object.values(clients).forEach((client) => client.destroy());
    server = await serve(demo);
    for (const [name, signer] of Object.entries(signers)) {
        clients[name] = new Http2Client({ port: server.port + 2, ca: demo.ca, ...signer.client });
    }
};

before(async () => {
    demo = await demonstration('reviews');
    signers = { ...await makeOfficers(demo), bank: accountOf(demo, 'bank') };
    await open();
    const bank = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('bank') });
    for (const person of demo.samples().slice(0, 40)) {
        const { json } = await bank.lookup(kycAsk(person));
        const { opened, index } = verifyReceipt(json, demo.vkey);
        disclosed.push({ index, ask: opened.ask.id, day: dayOf(opened.ask.time) });
    }
    bank.destroy();
});
after(async () => {
    Object.values(clients).forEach((client) => client.destroy());
    await server?.stop();
    demo?.remove();
});

const askFor = ({ index, ask, day }, more = {}) => ({
    code: `R-${index}`, ask, business: 'NV-BANK-KYC', day, drawn: 'rule', reason: 'Ban đêm', ...more,
});

test('a disclosure is picked, its case file shown, and its purpose confirmed by two', async () => {
    const one = disclosed[0];
    const code = `R-${one.index}`;
    await good('HOA', 'review.ask', askFor(one));
    const asked = await see('bank', `/v1/reviews/${code}`);
    assert.equal(asked.json.state, 'asked');
    assert.equal(asked.json.ask, one.ask);
    await good('bank', 'review.answer',
        { code, type: 'application/pdf', file: FILE.toString('base64url') });
    const hash = createHash('sha256').update(FILE).digest('hex');
    assert.equal((await see('bank', `/v1/reviews/${code}`)).json.file, hash);
    await nobodyReads(code, hash);
    await good('HOA', 'review.read', { code, reason: 'Xét hồ sơ' });
    await reads('HOA', code);
    assert.equal((await see('MINH', `/v1/case-files/${code}`)).json.content, undefined);
    assert.equal((await see('HOA', '/v1/case-files')).json.items[0].content, undefined);
    await both('review.confirm', { code, finding: 'Đúng mục đích' });
    const done = await see('bank', `/v1/reviews/${code}`);
    assert.equal(done.json.state, 'confirmed');
    assert.equal(done.json.finding, 'Đúng mục đích');
    verifyProblem(await see('HOA', `/v1/case-files/${code}`), 404, 'not_found');
});

test('who kept an act of reading reads nothing by it, after a start neither', async () => {
    const one = disclosed[3];
    const code = `R-${one.index}`;
    await good('HOA', 'review.ask', askFor(one));
    verifyProblem(await bring('HOA', 'review.read', { code, reason: 'x' }), 404, 'act_not_found');
    await good('bank', 'review.answer',
        { code, type: 'application/pdf', file: FILE.toString('base64url') });
    verifyProblem(await bring('bank', 'review.read', { code, reason: 'x' }), 403, 'not_yours');
    verifyProblem(await bring('HOA', 'review.read', { code: 'R-1', reason: 'x' }), 404,
        'act_not_found');
    const jws = signers.MINH.act('review.read', { code, reason: 'Xét hồ sơ' });
    const first = await post('MINH', jws);
    assert.equal(first.status, 200, first.text);
    await reads('MINH', code);
    await server.stop();
    await open();
    const again = await post('MINH', jws);
    assert.equal(again.status, 200, again.text);
    assert.equal(again.json.record, first.json.record, 'nothing was done now');
    await nobodyReads(code, createHash('sha256').update(FILE).digest('hex'));
    await good('MINH', 'review.read', { code, reason: 'Xét lại' });
    await reads('MINH', code);
});

test('what is picked must be recorded as it is said, and a case file be what it says', async () => {
    const [, one, other] = disclosed;
    verifyProblem(await bring('HOA', 'review.ask', askFor(one, { ask: other.ask })), 400, 'bad_input');
    verifyProblem(await bring('HOA', 'review.ask', { ...askFor(one), code: 'R-0' }), 404,
        'act_not_found');
    await good('HOA', 'review.ask', askFor(one));
    verifyProblem(await bring('bank', 'review.answer', { code: `R-${one.index}`,
        type: 'image/png', file: FILE.toString('base64url') }), 400, 'bad_input');
    verifyProblem(await bring('HOA', 'review.answer', { code: `R-${one.index}`,
        type: 'application/pdf', file: FILE.toString('base64url') }), 403, 'role_missing');
});

test('a seed is committed before its month, by its hash, for everybody to see', async () => {
    const next = new Date(Date.now() + VN_MS);
    next.setUTCMonth(next.getUTCMonth() + 1, 1);
    const month = next.toISOString().slice(0, 7);
    const seed = randomBytes(32);
    const hash = createHash('sha256').update(seed).digest('hex');
    verifyProblem(await bring('HOA', 'draw.commit', { code: disclosed[0].day.slice(0, 7), hash,
        'one-in': '4' }), 409, 'state_conflict');
    await good('HOA', 'draw.commit', { code: month, hash, 'one-in': '4' });
    const { json } = await see('bank', `/v1/draws/${month}`);
    assert.deepEqual(json, { code: month, hash, one_in: 4, version: 1 });
    verifyProblem(await bring('HOA', 'draw.reveal', { code: month, seed: seed.toString('hex') }),
        409, 'state_conflict');
    verifyProblem(await bring('HOA', 'review.ask', askFor(disclosed[2], { drawn: 'random' })), 409,
        'state_conflict');
});

test('what a seed draws is what the public log says, read here', async () => {
    await server.stop(); // all is published
    const seed = randomBytes(32);
    const month = disclosed[0].day.slice(0, 7);
    const ledger = path.join(demo.home, 'ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'), demo.vkey);
    const drawn = [];
    let index = 0;
    for (const [number, width] of tilesOf(size)) {
        const file = path.join(ledger, tilePath('entries', number, width));
        for (const bytes of readBundle(readFileSync(file), width)) {
            const { kind, t } = JSON.parse(bytes.toString());
            const place = Buffer.alloc(8);
            place.writeBigUInt64BE(BigInt(index));
            const first = createHash('sha256').update(seed).update(place).digest().readBigUInt64BE();
            if (kind === 'disclosure' && dayOf(t).startsWith(month) && first <= (2n ** 64n - 1n) / 4n) {
                drawn.push(index);
            }
            index++;
        }
    }
    assert.ok(drawn.length > 0 && drawn.length < disclosed.length);
    const { stdout, status } = await demo.dancu(
        ['review', 'drawn', '--month', month, '--seed', seed.toString('hex'), '--one-in', '4']);
    assert.equal(status, 0);
    assert.deepEqual(stdout.trim().split('\n').map(Number), drawn);
});

test('no byte of a case file lies in the home in clear', () => {
    const parts = [100, 20_000, 39_000].map((at) => FILE.subarray(at, at + 24));
    const files = readdirSync(demo.home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile());
    assert.ok(files.length > 5);
    for (const { parentPath, path: folder, name } of files) {
        const bytes = readFileSync(path.join(parentPath ?? folder, name));
        for (const part of parts) {
            assert.ok(!bytes.includes(part), name);
            assert.ok(!bytes.includes(part.toString('base64url').slice(2, -2)), name);
        }
    }
});
