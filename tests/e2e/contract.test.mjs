// docs/openapi.yaml itself: that it is sound (as docs/osia.yaml is), that its examples are what it
// says, that it knows every refusal of the house, and that the check which holds responses against
// it notices what is wrong.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { root, run } from './lib/command.mjs';
import { Contract, documentPath, osiaPath, readDocument } from './lib/contract.mjs';

const LOOKUP = { method: 'POST', path: '/v1/lookup' };
const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' };
const PROBLEM = { ...HEADERS, 'content-type': 'application/problem+json', 'content-language': 'vi' };
let doc;
let contract;

before(async () => {
    doc = await readDocument();
    contract = new Contract(doc);
});

const bytesOf = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const response = (value, { status = 200, headers = HEADERS } = {}) =>
    ({ status, headers, bytes: bytesOf(value) });
const answer = (changes) => ({ ...doc.components.examples.Answer.value, ...changes });
const badRequest = (changes) => ({ ...doc.components.examples.BadRequest.value, ...changes });

test("Redocly's linter finds nothing, not even to warn of", async () => {
    const { status, stdout, stderr } = await run(path.join(root, 'node_modules/.bin/node'),
        [path.join(root, 'node_modules/.bin/redocly'), 'lint', documentPath, osiaPath,
            '--config', path.join(root, 'tests/openapi/redocly.yaml')],
        { env: { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } });
    assert.equal(status, 0, stdout + stderr);
});

test('every example is what its schema says', () => {
    const receipt = { path: '/v1/receipts/0193a5f0-1c2d-7e3f-8a4b-5c6d7e8f9a0b?opening=1' };
    contract.check(LOOKUP, response(answer()));
    contract.check(receipt, response(doc.components.examples.ReceiptAgain.value));
    contract.check(LOOKUP, response(badRequest(), { status: 400, headers: PROBLEM }));
});

test('every resource of the desk has a list and objects, with examples that are as it says', () => {
    const words = readFileSync(path.join(root, 'src/domain/words.h'), 'utf8');
    const [, rows] = /#define WORDS_RESOURCE\(ROW\)([^]*?\n)\n/.exec(words);
    const resources = [...rows.matchAll(/ROW\([A-Z_]+, "([a-z-]+)"\)/g)].map(([, word]) => word)
        .filter((word) => word !== 'intentions'); // has its address below a case's
    const headers = { ...HEADERS, 'cache-control': 'private, no-cache', etag: '"1"' };
    const example = (address) => {
        const [{ $ref: reference }] = Object.values(doc.paths[address].get.responses['200']
            .content['application/json'].examples);
        return doc.components.examples[reference.split('/').at(-1)].value;
    };
    assert.ok(resources.length > 5);
    for (const resource of resources) {
        const one = example(`/v1/${resource}/{code}`);
        const kept = ['case-files', 'cases', 'complaints', 'letters'].includes(resource)
            ? { 'cache-control': 'no-store' } : {};
        contract.check({ path: `/v1/${resource}/${one.code ?? one.record}` },
            response(one, { headers: { ...headers, ...kept } }));
        contract.check({ path: `/v1/${resource}?limit=1` },
            response(example(`/v1/${resource}`), { headers }));
    }
});

test('every code of the house has its problem', () => {
    const read = (file) => readFileSync(path.join(root, 'src/domain', file), 'utf8');
    const ofAsks = read('words.h').matchAll(/ROW\([A-Z_]+, "([a-z_]+)", (\d{3}), [01]\)/g);
    const signed = /ROW\([A-Z_]+, "([a-z_]+)", (\d{3})\)/g;
    const ofActs = read('signed.h').matchAll(signed);
    const ofChanges = read('change.h').matchAll(signed); // some are those of acts
    const codes = [...ofAsks, ...ofActs, ...ofChanges].filter(([, , status]) => Number(status) >= 400)
        .map(([, code, status]) => `${code} ${status}`);
    assert.ok(codes.length > 30);
    const documented = Object.values(doc.components.schemas)
        .filter((schema) => schema.properties?.status?.const !== undefined)
        .flatMap(({ properties: { code, status } }) =>
            (code.enum ?? [code.const]).map((one) => `${one} ${status.const}`));
    // Told in SOAP alone, whose faults have a page of their own.
    assert.match(readFileSync(path.join(root, 'docs/ndxp.md'), 'utf8'), /`request_conflict`/);
    documented.push('request_conflict 409');
    assert.deepEqual([...new Set(codes)].sort(), [...new Set(documented)].sort());
});

describe('the check refuses', () => {
    const wrong = [
        ['an address that is not documented', { path: '/v1/persons' }, () => response('{}')],
        ['a method that is not documented', { path: '/v1/lookup' }, () => response(answer())],
        ['a status that is not documented', LOOKUP, () => response(answer(), { status: 202 })],
        ['a field that is missing', LOOKUP, () =>
            response(answer(), { headers: { 'content-type': 'application/json' } })],
        ['a field with another value', LOOKUP, () =>
            response(answer(), { headers: { ...HEADERS, 'cache-control': 'public' } })],
        ['a field that is not documented', LOOKUP, () =>
            response(answer(), { headers: { ...HEADERS, server: 'x' } })],
        ['a type that is not documented', LOOKUP, () =>
            response(answer(), { headers: { ...HEADERS, 'content-type': 'text/html' } })],
        ['a body that is no JSON', LOOKUP, () => response('{')],
        ['bytes that are not UTF-8', LOOKUP, () =>
            ({ status: 200, headers: HEADERS, bytes: Buffer.from([0x22, 0xff, 0x22]) })],
        ['an unknown member', LOOKUP, () => response(answer({ more: 1 }))],
        ['an unknown field of a person', LOOKUP, () => response(answer({ person: { id: '1' } }))],
        ['an unknown member of a household', LOOKUP, () => response(answer({ person: {
            household: { head: null, number: null, members: [{ cmnd: null, full_name: 'A', id: null,
                relation_to_head: null, protected: true }] } } }))],
        ['a member that is missing', LOOKUP, () => {
            const { ask, ...rest } = answer();
            return response(rest);
        }],
        ['a problem with another status', LOOKUP, () =>
            response(badRequest({ status: 401 }), { status: 400, headers: PROBLEM })],
        ['a problem with another code', LOOKUP, () =>
            response(badRequest({ code: 'internal' }), { status: 400, headers: PROBLEM })],
        ['a receipt where none may be', LOOKUP, () => response(badRequest({
            receipt: answer().receipt }), { status: 400, headers: PROBLEM })],
        ['a body after HEAD', { method: 'HEAD', path: '/healthz' }, () => response('{}', {
            headers: { ...HEADERS, 'x-content-type-options': 'nosniff' } })],
        ['off the contract, what no address answers', { path: '/v1/persons', off: true }, () =>
            response(answer())],
        ['off the contract, a problem that is not documented', { path: '/nowhere', off: true }, () =>
            response(badRequest({ code: 'not_found' }), { status: 404, headers: PROBLEM })],
    ];
    for (const [what, request, make] of wrong) {
        test(what, () => {
            assert.throws(() => contract.check(request, make()), /is not as docs\/openapi.yaml says/);
        });
    }
});

test('what is off the contract on purpose has a documented problem', () => {
    contract.check({ path: '/nowhere', off: true }, response({
        type: 'urn:dancu:problem:not_found', title: 'Không có', status: 404, detail: 'x',
        code: 'not_found', clause: 'S11',
    }, { status: 404, headers: PROBLEM }));
});
