// Portals' assertions and signed asks: `jose` and Node make them, and what is not exactly one of them,
// good, once, of the account's own key, for this very ask, reaches nobody's data.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { SignJWT, UnsecuredJWT } from 'jose';
import { verifyAnswer, verifyProblem, verifyReceipt } from './lib/answer.mjs';
import { kycAsk, subjectOf, unknownId } from './lib/asks.mjs';
import { Http2Client, protocols } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { originOf } from './lib/officers.mjs';
import { addSigningKey, assertion, keyPair, messageSignature } from './lib/proofs.mjs';
import { addBusiness, addParty, connectParty } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

const portalKey = keyPair();
let demo;
let server;
let person;
let another;

before(async () => {
    demo = await demonstration('assertions');
    server = await serve(demo, { edges: 2 });
    [person, another] = demo.samples();
    await addParty(demo, 'portal', { channel: 'national_portal', instrument: null });
    await addParty(demo, 'signing');
    await demo.act('account', 'require', 'portal', '--proof', 'assertion', '--reason', 'I11');
    await addSigningKey(demo, 'portal-key', 'portal', portalKey);
    await demo.act('operator', 'add', 'portal');
    await demo.act('operator', 'parties-put', 'portal', '--parties', 'bank');
    await demo.act('operator', 'officers-put', 'portal', '--officers', 'lan,minh');
    await addBusiness(demo, 'T-PORTAL', 'bank', { channels: 'national_portal' });
    await addBusiness(demo, 'T-SIGNED', 'signing');
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const connect = (kind, name) => new kind({ port: server.port, ca: demo.ca, ...demo.client(name) });
const bodyOf = (ask) => Buffer.from(JSON.stringify(ask));
const portalAsk = (changes = {}) => kycAsk(person, { business: 'T-PORTAL', ...changes });

async function sent(name, body, headers, kind = Http2Client, path = '/v1/lookup') {
    const client = connect(kind, name);
    try {
        return await client.post(path, body, headers);
    } finally {
        await client.close();
    }
}

const ask = (body, proof, ...rest) => sent('portal', body, { 'dancu-assertion': proof }, ...rest);
const entries = async () => {
    const { stdout } = await demo.dancu(['ledger', 'verify', '--json', '--home', demo.home]);
    return JSON.parse(stdout).size ?? JSON.parse(stdout).entries;
};

for (const kind of protocols) {
    test(`an assertion made by jose is answered over ${kind.label}, in its officer's name`, async () => {
        const body = bodyOf(portalAsk());
        const answer = await ask(body, await assertion(demo, body, portalKey), kind);
        assert.equal(answer.status, 200, answer.text);
        verifyAnswer(answer, { ...portalAsk(), party: 'bank', officer: 'lan' }, demo.vkey,
            { party: 'bank', account: 'portal', operator: 'portal' });
    });
}

test('a used assertion is refused on another connection, edge, protocol, and after a restart of the core',
    async () => {
        const body = bodyOf(portalAsk());
        const proof = await assertion(demo, body, portalKey);
        assert.equal((await ask(body, proof)).status, 200);
        for (let i = 0; i < 8; i++) { // two edges take turns, and both protocols
            verifyProblem(await ask(body, proof, protocols[i % 2]), 409, 'proof_replayed');
        }
        const core = await server.process('core');
        process.kill(core.pid, 'SIGKILL');
        let answer;
        do {
            answer = await ask(body, proof);
        } while (answer.status === 503);
        verifyProblem(answer, 409, 'proof_replayed');
        const again = await ask(body, await assertion(demo, body, portalKey));
        assert.equal(again.status, 200);
    });

describe('what is not exactly such an assertion is refused with its own code', () => {
    const now = () => Math.floor(Date.now() / 1000);
    const body = () => bodyOf(portalAsk());
    const by = (options) => async (bytes) => assertion(demo, bytes, portalKey, options);
    const payload = (bytes) => ({ aud: originOf(demo), ask: 'x', service: 'citizen.lookup',
        jti: randomUUID(), iat: now(), exp: now() + 60, party: 'bank', officer: 'lan' });
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const header = { alg: 'ES256', kid: 'portal-key', typ: 'dancu-assertion+jwt' };
    const rows = [
        ['for another audience', 401, 'proof_audience', by({ claims: { aud: 'other/log' } })],
        ['of another body', 401, 'proof_other_ask', async () =>
            assertion(demo, Buffer.from('{}'), portalKey)],
        ['for another service', 401, 'proof_other_ask',
            by({ claims: { service: 'household.lookup' } })],
        ['expired', 401, 'proof_time', by({ claims: { iat: now() - 90, exp: now() - 30 } })],
        ['from the future', 401, 'proof_time', by({ claims: { iat: now() + 60, exp: now() + 90 } })],
        ['good for longer than a minute', 401, 'proof_time', by({ claims: { exp: now() + 300 } })],
        ['with alg none', 401, 'proof_algorithm', async (bytes) => new UnsecuredJWT(payload(bytes))
            .encode()],
        ['with HS256 under the public key', 401, 'proof_algorithm', async (bytes) => {
            const text = `${part({ ...header, alg: 'HS256' })}.${part(payload(bytes))}`;
            const key = portalKey.publicKey.export({ type: 'spki', format: 'pem' });
            return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
        }],
        ['with RS256', 401, 'proof_algorithm', async (bytes) =>
            `${part({ ...header, alg: 'RS256' })}.${part(payload(bytes))}.${'A'.repeat(342)}`],
        ['of another curve', 401, 'proof_algorithm', async (bytes) => new SignJWT(payload(bytes))
            .setProtectedHeader({ ...header, alg: 'ES384' }).sign(keyPair('P-384').privateKey)],
        ['of another key', 401, 'proof_wrong', async (bytes) => assertion(demo, bytes, keyPair())],
        ['of a key that nobody has', 401, 'proof_key', by({ kid: 'nobody' })],
        ['with an unknown critical header', 400, 'proof_malformed', async (bytes) => new SignJWT(
            payload(bytes)).setProtectedHeader({ ...header, crit: ['x'], x: 1 })
            .sign(portalKey.privateKey, { crit: { x: true } })],
        ['with an unknown claim', 400, 'proof_malformed', by({ claims: { admin: true } })],
        ['with an officer and a citizen', 400, 'proof_malformed',
            by({ claims: { citizen: '079090912345' } })],
        ['with a claim twice', 400, 'proof_malformed', async () => {
            const text = `${part(header)}.${Buffer.from('{"aud":"a","aud":"b"}').toString('base64url')}`;
            return `${text}.${'A'.repeat(86)}`;
        }, 'proof_wrong'],
        ['two of them', 400, 'proof_malformed', async (bytes) =>
            `${await assertion(demo, bytes, portalKey)}, ${await assertion(demo, bytes, portalKey)}`],
        ['nothing of the kind', 400, 'proof_malformed', async () => 'a.b.c'],
    ];
    for (const [what, status, code, make, other] of rows) {
        test(`an assertion ${what} is ${other ?? code}`, async () => {
            const bytes = body();
            verifyProblem(await ask(bytes, await make(bytes)), other ? 401 : status, other ?? code);
        });
    }

    test('and none of them has left an entry in the log', async () => {
        const before_ = (await demo.dancu(['ledger', 'figures', '--home', demo.home])).stdout;
        const bytes = body();
        for (const [, , , make] of rows) {
            await ask(bytes, await make(bytes));
        }
        const after_ = (await demo.dancu(['ledger', 'figures', '--home', demo.home])).stdout;
        assert.equal(after_, before_);
    });
});

test('a portal without an assertion, for a party or by an officer that is not registered, is operator_not_allowed, recorded',
    async () => {
        const refused = (answer) => verifyProblem(answer, 403, 'operator_not_allowed',
            { vkey: demo.vkey, receipt: true });
        const body = bodyOf(portalAsk());
        refused(await sent('portal', bodyOf(portalAsk({ party: 'bank', officer: 'lan' })), {}));
        refused(await ask(body, await assertion(demo, body, portalKey,
            { claims: { officer: 'hoa' } })));
        await addBusiness(demo, 'T-OTHER', 'signing', { channels: 'national_portal' });
        const other = bodyOf(portalAsk({ business: 'T-OTHER' }));
        refused(await ask(other, await assertion(demo, other, portalKey,
            { claims: { party: 'signing' } })));
        await demo.act('operator', 'officers-remove', 'portal', '--officers', 'minh');
        refused(await ask(body, await assertion(demo, body, portalKey,
            { claims: { officer: 'minh' } })));
    });

test('the body may name party and officer too, but no others', async () => {
    const same = bodyOf(portalAsk({ party: 'bank', officer: 'lan' }));
    assert.equal((await ask(same, await assertion(demo, same, portalKey))).status, 200);
    const other = bodyOf(portalAsk({ party: 'bank', officer: 'minh' }));
    verifyProblem(await ask(other, await assertion(demo, other, portalKey)), 401, 'proof_other_ask');
});

test('an assertion by another account\'s key is proof_key, and so is one by a revoked key', async () => {
    const body = bodyOf(kycAsk(person, { business: 'T-SIGNED' }));
    const proof = await assertion(demo, body, portalKey, { claims: { party: 'signing' } });
    verifyProblem(await sent('signing', body, { 'dancu-assertion': proof }), 401, 'proof_key');
    const second = keyPair();
    await addSigningKey(demo, 'portal-key-2', 'portal', second);
    const mine = bodyOf(portalAsk());
    assert.equal((await ask(mine, await assertion(demo, mine, second, { kid: 'portal-key-2' })))
        .status, 200);
    await demo.act('signing-key', 'revoke', 'portal-key-2', '--reason', 'Lộ khóa');
    verifyProblem(await ask(mine, await assertion(demo, mine, second, { kid: 'portal-key-2' })),
        401, 'proof_key');
});

describe('signed asks (RFC 9421)', () => {
    const signedAsk = (changes) => bodyOf(kycAsk(person, { business: 'T-SIGNED', ...changes }));
    const own = () => demo.client('signing').key;

    test('an account that must sign is refused without a signature, and answered with one', async () => {
        await demo.act('account', 'require', 'signing', '--proof', 'signature', '--reason', 'I11');
        const body = signedAsk();
        verifyProblem(await sent('signing', body, {}), 403, 'operator_not_allowed',
            { vkey: demo.vkey, receipt: true });
        for (const kind of protocols) {
            const answer = await sent('signing', body, messageSignature(body, own()), kind);
            assert.equal(answer.status, 200, answer.text);
        }
    });

    test('a key on file signs as well as the certificate\'s', async () => {
        const key = keyPair();
        await addSigningKey(demo, 'signing-2026', 'signing', key);
        const body = signedAsk();
        const headers = messageSignature(body, key.privateKey,
            { keyid: 'signing-2026', alg: 'ecdsa-p256-sha256' });
        assert.equal((await sent('signing', body, headers)).status, 200);
        verifyProblem(await sent('signing', body, headers), 409, 'proof_replayed');
    });

    const rows = [
        ['over another body', 401, 'proof_other_ask', (body) => ({ digestOf: Buffer.from('{}') })],
        ['that is old', 401, 'proof_time', () => ({ created: Math.floor(Date.now() / 1000) - 120 })],
        ['for another path', 401, 'proof_wrong', () => ({ path: '/v1/verify' })],
        ['without the digest', 400, 'proof_malformed', () => (
            { components: ['@method', '@path', 'idempotency-key'] })],
        ['with a component twice', 400, 'proof_malformed', () => (
            { components: ['@method', '@path', '@path', 'content-digest', 'idempotency-key'] })],
        ['by another algorithm', 401, 'proof_algorithm', () => ({ alg: 'hmac-sha256' })],
        ['by a key that is not there', 401, 'proof_key', () => ({ keyid: 'nobody' })],
        ['by another\'s key', 401, 'proof_key', () => ({ keyid: 'portal-key' }), () => portalKey.privateKey],
        ['by a key of nobody\'s', 401, 'proof_wrong', () => ({}), () => keyPair().privateKey],
    ];
    for (const [what, status, code, change, key = own] of rows) {
        test(`a signature ${what} is ${code}`, async () => {
            const body = signedAsk();
            const headers = messageSignature(body, key(), change(body));
            verifyProblem(await sent('signing', body, headers), status, code);
        });
    }

    test('a signature and an assertion together are proof_malformed', async () => {
        const body = signedAsk();
        verifyProblem(await sent('signing', body, { ...messageSignature(body, own()),
            'dancu-assertion': await assertion(demo, body, portalKey) }), 400, 'proof_malformed');
    });
});

test('a citizen whom a portal asserts asks about himself only', async () => {
    await demo.act('party', 'add', '--code', 'people', '--class', 'citizen', '--kind', 'people',
        '--name', 'Công dân');
    await connectParty(demo, 'people');
    const put = await demo.dancu(['operator', 'parties-put', 'portal', '--parties', 'people']);
    assert.equal(put.status, 0, put.stderr);
    const own = async (about, changes = {}) => {
        const body = bodyOf({ business: 'OWN', case: 'DVC-1', subject: subjectOf(about), ...changes });
        const proof = await assertion(demo, body, portalKey, { claims: { service: 'own.view',
            party: 'people', officer: undefined, citizen: person.id } });
        return ask(body, proof, Http2Client, '/v1/own/view');
    };
    const answer = await own(person);
    assert.equal(answer.status, 200, answer.text);
    const { entry, opened } = verifyReceipt(answer.json, demo.vkey);
    assert.deepEqual([entry.class, entry.channel, entry.service], ['citizen', 'national_portal', 'own.view']);
    assert.deepEqual([opened.party, opened.business], ['people', 'OWN']);
    const { fields, numbers, sources } = answer.json.result;
    assert.deepEqual(numbers, { cmnd: person.cmnd, id: person.id });
    assert.equal(sources.fields.full_name.source, 'import');
    assert.deepEqual(Object.keys(sources.fields).sort(), Object.keys(fields).sort());
    assert.equal(fields.full_name, person.full_name);
    assert.ok('religion' in fields && !('household' in fields) && !('relatives' in fields));
    for (const about of [another, { ...another, id: unknownId(7) }]) {
        verifyProblem(await own(about), 403, 'own_data_only', { vkey: demo.vkey, receipt: true });
    }
    verifyProblem(await own(person, { fields: ['relatives'] }), 403, 'field_not_granted',
        { vkey: demo.vkey, receipt: true });
});
