// What an answer must be, checked by somebody who trusts nothing in it but the log's key.
import assert from 'node:assert/strict';
import { base64url, canonical, readDisclosure, sha256 } from './canonical.mjs';
import { verifyProof } from './note.mjs';

export const CONSUMER_NAMES =
    ['agent', 'answer', 'ask', 'business', 'case', 'party', 'request'];
const ENTRY_MEMBERS = ['_sd', 'channel', 'class', 'kind', 'outcome', 'policy', 'service', 't', 'v'];
const DIGESTS = 9; // one for each name of formats.md "Entry"
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

// The entry taken apart; its form is the same whatever stands in it (I6).
export function readEntry(text) {
    const entry = JSON.parse(text);
    assert.equal(canonical(entry), text, 'the entry is canonical JSON');
    assert.deepEqual(Object.keys(entry), ENTRY_MEMBERS);
    assert.equal(entry._sd.length, DIGESTS);
    assert.deepEqual(entry._sd, [...entry._sd].sort(), 'digests in ASCII order');
    assert.equal(new Set(entry._sd).size, DIGESTS);
    for (const digest of entry._sd) {
        assert.match(digest, /^[A-Za-z0-9_-]{43}$/);
    }
    assert.match(entry.t, /^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/);
    assert.match(entry.policy, /^[0-9a-f]{64}$/);
    assert.equal(entry.v, 1);
    return entry;
}

// Opening by name; every disclosure's digest stands in the entry.
export function readOpening(opening, entry) {
    const found = {};
    for (const text of opening) {
        const { name, value, digest } = readDisclosure(text);
        assert.ok(entry._sd.includes(digest), `the digest of ${name} stands in the entry`);
        assert.ok(!(name in found), `${name} is opened once`);
        found[name] = value;
    }
    assert.deepEqual(Object.keys(found).sort(), CONSUMER_NAMES);
    return found;
}

// Receipt and opening of a 200, 403, 404 or 429 that carries them.
export function verifyReceipt(body, vkey) {
    const entry = readEntry(body.receipt.entry);
    const opened = readOpening(body.opening, entry);
    const place = verifyProof(body.receipt.proof, body.receipt.entry, vkey);
    assert.equal(opened.ask.id, body.ask);
    assert.match(body.ask, UUID_V7);
    assert.match(opened.ask.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    assert.equal(opened.ask.time.slice(0, 16), entry.t.slice(0, 16));
    return { entry, opened, ...place };
}

const useOf = (ask) => ask.use ?? null;

// Which services give a person; the others give a result.
const PERSONS = ['citizen.lookup', 'notice.extract'];

// The request as its record must have it.
function requestOf(ask, service) {
    const request = { asked: ask.subject, fields: ask.fields, use: useOf(ask) };
    if (service === 'id.map') {
        return { ...request, fields: ['birth_date', 'full_name'] };
    }
    if (ask.claims === undefined) {
        return request;
    }
    const field = (claim) => claim.field ?? (claim.relation === 'head' ? 'household' : 'relatives');
    return { ...request, claims: ask.claims, fields: [...new Set(ask.claims.map(field))],
        per_claim: ask.per_claim ?? false };
}

// Everything about an answer that can be known from the ask alone.
export function verifyAnswer(answer, ask, vkey, { party, account, operator = null },
    service = 'citizen.lookup') {
    const member = PERSONS.includes(service) ? 'person' : 'result';
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers['content-type'], /^application\/json/);
    const body = answer.json;
    assert.deepEqual(Object.keys(body).sort(), ['ask', 'notices', 'opening', 'receipt', member].sort());
    assert.deepEqual(Object.keys(body.receipt).sort(), ['entry', 'proof']);
    const verified = verifyReceipt(body, vkey);
    const { entry, opened } = verified;
    assert.equal(entry.kind, 'disclosure');
    assert.equal(entry.outcome, 'disclosed');
    assert.equal(entry.service, service);
    assert.equal(opened.party, party);
    assert.deepEqual(opened.agent, { account, officer: ask.officer ?? null, operator });
    assert.equal(opened.business, ask.business);
    assert.equal(opened.case, ask.case);
    assert.deepEqual(opened.request, requestOf(ask, service));
    assert.deepEqual(opened.answer, {
        digest: base64url(sha256(canonical(body[member]))), notices: body.notices,
    });
    return verified;
}

const PROBLEM_MEMBERS = ['type', 'title', 'status', 'detail', 'code', 'clause', 'invalid_params',
    'ask', 'receipt', 'opening'];

// A problem of that code; with its receipt verified where the code has one.
export function verifyProblem(answer, status, code, { vkey, receipt = false } = {}) {
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.headers['content-type'], /^application\/problem\+json/);
    const body = answer.json;
    assert.equal(body.code, code, answer.text);
    assert.equal(body.status, status);
    for (const member of ['type', 'title', 'detail']) {
        assert.equal(typeof body[member], 'string', `${member} is there`);
        assert.notEqual(body[member], '');
    }
    for (const member of Object.keys(body)) {
        assert.ok(PROBLEM_MEMBERS.includes(member), `${member} is a member of formats.md`);
    }
    for (const param of body.invalid_params ?? []) {
        assert.deepEqual(Object.keys(param).sort(), ['name', 'reason']);
        assert.notEqual(param.reason, '');
    }
    assert.equal('receipt' in body, receipt, `receipt: ${answer.text}`);
    assert.equal('opening' in body, receipt);
    assert.equal('ask' in body, receipt);
    if (!receipt) {
        return { body };
    }
    const verified = verifyReceipt(body, vkey);
    const { entry, opened } = verified;
    assert.equal(entry.outcome, code);
    assert.equal(entry.kind, code === 'subject_not_available' ? 'unavailable' : 'refusal');
    assert.deepEqual(opened.answer, { digest: null, notices: [] });
    return { body, ...verified };
}

export const pointers = (answer) => (answer.json.invalid_params ?? []).map((param) => param.name);
