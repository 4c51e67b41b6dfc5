// Requests that are refused before anybody's right is looked at: form, address, size, certificate.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import path from 'node:path';
import { pointers, verifyAnswer, verifyProblem } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client, protocols, raw } from './lib/client.mjs';
import { must } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let person;
const others = {};

before(async () => {
    demo = await demonstration('requests');
    server = await serve(demo);
    [person] = demo.samples();
    const file = (name) => path.join(demo.dir, 'clients', name);
    others.unbound = await demo.issue('unbound');
    await must('mkdir', ['-p', file('foreign')]);
    await must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-days', '30', '-subj', '/CN=bank',
        '-keyout', file('foreign/key.pem'), '-out', file('foreign/cert.pem')]);
    others.foreign = demo.client('foreign');
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const connect = (kind, name = 'bank') =>
    new kind({ port: server.port, ca: demo.ca, ...demo.client(name) });

async function stillServes() {
    const client = connect(Http2Client);
    const ask = kycAsk(person);
    verifyAnswer(await client.lookup(ask), ask, demo.vkey, { party: 'bank', account: 'bank' });
    await client.close();
}

// [what is wrong, how the good ask is changed, pointers that must be named]
const change = (subject) => (ask) => ({ ...ask, subject: { ...ask.subject, ...subject } });
const set = (more) => (ask) => ({ ...ask, ...more });
const drop = (name) => ({ [name]: _, ...rest }) => rest;
const malformed = [
    ['no business', drop('business'), ['/business']],
    ['a business that is a number', set({ business: 7 }), ['/business']],
    ['an empty business', set({ business: '' }), ['/business']],
    ['a business of 65 bytes', set({ business: 'A'.repeat(65) }), ['/business']],
    ['a case that is a number', set({ case: 12 }), ['/case']],
    ['a case that is null', set({ case: null }), ['/case']],
    ['a case of 129 bytes', set({ case: 'x'.repeat(129) }), ['/case']],
    ['a case with a line end', set({ case: 'a\nb' }), ['/case']],
    ['no subject', drop('subject'), ['/subject']],
    ['a subject that is an array', set({ subject: [] }), ['/subject']],
    ['neither id nor cmnd', (ask) => ({ ...ask, subject: drop('id')(ask.subject) }), ['/subject']],
    ['both id and cmnd', change({ cmnd: '912345678' }), ['/subject']],
    ['an id of 11 digits', change({ id: '07909091234' }), ['/subject/id']],
    ['an id with a letter', change({ id: '07909091234x' }), ['/subject/id']],
    ['an id that is a number', change({ id: 79090912345 }), ['/subject/id']],
    ['an id with full-width digits', change({ id: '０７９０９０９１２３４５' }), ['/subject/id']],
    ['a cmnd of 8 digits', (ask) => ({ ...ask, subject: { cmnd: '91234567',
        ...drop('id')(ask.subject) } }), ['/subject/cmnd']],
    ['no name', (ask) => ({ ...ask, subject: drop('name')(ask.subject) }), ['/subject/name']],
    ['an empty name', change({ name: '' }), ['/subject/name']],
    ['a name of 257 bytes', change({ name: 'A'.repeat(257) }), ['/subject/name']],
    ['a name with a NUL', change({ name: 'A\u0000B' }), ['']],
    ['a name with a tab', change({ name: 'A\tB' }), ['/subject/name']],
    ['no birth date', (ask) => ({ ...ask, subject: drop('birth_date')(ask.subject) }),
        ['/subject/birth_date']],
    ['30 February', change({ birth_date: '1990-02-30' }), ['/subject/birth_date']],
    ['29 February of a common year', change({ birth_date: '1900-02-29' }), ['/subject/birth_date']],
    ['a month without its zero', change({ birth_date: '1990-1-02' }), ['/subject/birth_date']],
    ['a year of two digits', change({ birth_date: '90' }), ['/subject/birth_date']],
    ['a date with a time', change({ birth_date: '1990-01-02T00:00' }), ['/subject/birth_date']],
    ['an unknown member of the subject', change({ phone: '0' }), ['/subject/phone']],
    ['no fields', drop('fields'), ['/fields']],
    ['fields that are empty', set({ fields: [] }), ['/fields']],
    ['fields that are a string', set({ fields: 'full_name' }), ['/fields']],
    ['a field that nobody knows', set({ fields: ['full_name', 'shoe_size'] }), ['/fields/1']],
    ['the key id as a field', set({ fields: ['id'] }), ['/fields/0']],
    ['the key cmnd as a field', set({ fields: ['cmnd'] }), ['/fields/0']],
    ['a field twice', set({ fields: ['sex', 'full_name', 'sex'] }), ['/fields/2']],
    ['a field that is null', set({ fields: [null] }), ['/fields/0']],
    ['a party that is an object', set({ party: {} }), ['/party']],
    ['an officer that is a number', set({ officer: 1 }), ['/officer']],
    ['a use that is a text', set({ use: 'copy' }), ['/use']],
    ['a use of no kind', set({ use: {} }), ['/use']],
    ['a use of two kinds', set({ use: { copy: '2027-01-01', third_party: 'X' } }), ['/use']],
    ['a use of an unknown kind', set({ use: { print: 'x' } }), ['/use', '/use/print']],
    ['an unknown member', set({ 'a/b~c': 1 }), ['/a~1b~0c']],
    ['a member in another case', (ask) => ({ ...drop('case')(ask), Case: 'x' }), ['/Case']],
    ['two faults at once', (ask) => ({ ...drop('fields')(ask), business: 7 }),
        ['/business', '/fields']],
];

const text = (person) => JSON.stringify(kycAsk(person));
const notJson = [
    ['nothing', () => ''],
    ['half of an ask', () => text(person).slice(0, 60)],
    ['an ask and more', () => `${text(person)}{}`],
    ['two asks', () => text(person) + text(person)],
    ['an array', () => `[${text(person)}]`],
    ['a number', () => '1'],
    ['a member that stands twice', () => text(person).replace('{', '{"case":"other",')],
    ['a member that stands twice, once escaped', () =>
        text(person).replace('{', '{"c\\u0061se":"other",')],
    ['bytes that are not UTF-8', () => Buffer.concat([Buffer.from('{"case":"'), Buffer.of(0xff),
        Buffer.from(text(person).replace('{', '",'))])],
    ['an overlong NUL', () => Buffer.concat([Buffer.from('{"case":"'), Buffer.of(0xc0, 0x80),
        Buffer.from('"}')])],
    ['half of a surrogate pair', () => text(person).replace('HS-2026', '\\ud800')],
    ['a byte order mark', () => `\ufeff${text(person)}`],
    ['a comment', () => `/* ask */${text(person)}`],
    ['a trailing comma', () => text(person).replace(/}$/, ',}')],
    ['single quotes', () => text(person).replaceAll('"', "'")],
    ['1,000 brackets', () => '['.repeat(1000)],
    ['a thousand members', () => JSON.stringify(Object.fromEntries(
        Array.from({ length: 1000 }, (_, i) => [`m${i}`, 0])))],
    ['NaN', () => text(person).replace('"HS-2026-000123"', 'NaN')],
];

for (const kind of protocols) {
    describe(`over ${kind.label}`, () => {
        let client;
        before(() => {
            client = connect(kind);
        });
        after(() => client.close());

        for (const [what, mangle, wanted] of malformed) {
            test(`${what} is bad_request and its place is named`, async () => {
                const answer = await client.lookup(mangle(kycAsk(person)));
                verifyProblem(answer, 400, 'bad_request');
                assert.deepEqual(pointers(answer).sort(), wanted);
            });
        }

        for (const [what, body] of notJson) {
            test(`${what} instead of an ask is bad_request`, async () => {
                verifyProblem(await client.post('/v1/lookup', body()), 400, 'bad_request');
            });
        }

        test('what was sent is not repeated in a refusal', async () => {
            const secret = 'Nguyễn-Bí-Mật-0123';
            for (const ask of [kycAsk(person, { fields: [secret] }),
                kycAsk(person, { use: { copy: 7, [`${secret}`]: 1 } }),
                change({ id: secret })(kycAsk(person)),
                change({ birth_date: secret })(kycAsk(person))]) {
                const answer = await client.lookup(ask);
                verifyProblem(answer, 400, 'bad_request');
                const reasons = answer.json.invalid_params.map((param) => param.reason).join();
                assert.ok(!reasons.includes(secret), answer.text);
                assert.ok(!answer.json.detail.includes(secret), answer.text);
            }
        });

        for (const address of ['/', '/v1', '/v1/', '/v1/lookup/', '/v1/Lookup', '/v2/lookup',
            '/v1/%6cookup', '/v1//lookup', '/healthz', '/ledger/checkpoint', '/../v1/lookup']) {
            test(`${address} is not_found`, async () => {
                verifyProblem(await client.off.get(address), 404, 'not_found');
                verifyProblem(await client.off.post(address, kycAsk(person)), 404, 'not_found');
            });
        }

        for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
            test(`${method} is method_not_allowed, and POST is named as allowed`, async () => {
                const answer = await client.off.request({ method, path: '/v1/lookup' });
                verifyProblem(answer, 405, 'method_not_allowed');
                assert.equal(answer.headers.allow, 'POST');
            });
        }

        test('HEAD is refused without a body', async () => {
            const answer = await client.off.request({ method: 'HEAD', path: '/v1/lookup' });
            assert.equal(answer.status, 405);
            assert.equal(answer.text, '');
        });

        for (const accept of ['text/html', 'image/*', 'application/xml, text/plain;q=0.9',
            'application/json;q=0, application/problem+json;q=0']) {
            test(`Accept: ${accept} is not_acceptable`, async () => {
                verifyProblem(await client.lookup(kycAsk(person), { accept }), 406,
                    'not_acceptable');
            });
        }

        for (const accept of ['*/*', 'application/json', 'application/*',
            'text/html, application/json;q=0.1', 'APPLICATION/JSON']) {
            test(`Accept: ${accept} is answered`, async () => {
                assert.equal((await client.lookup(kycAsk(person), { accept })).status, 200);
            });
        }

        for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded',
            'application/jsonx', 'json', 'application/json; charset=utf-16']) {
            test(`Content-Type: ${type} is unsupported_media_type`, async () => {
                verifyProblem(await client.lookup(kycAsk(person), { 'content-type': type }), 415,
                    'unsupported_media_type');
            });
        }

        test('no Content-Type is unsupported_media_type', async () => {
            const answer = await client.request({
                method: 'POST', path: '/v1/lookup', body: text(person),
            });
            verifyProblem(answer, 415, 'unsupported_media_type');
        });

        test('a compressed body is unsupported_media_type', async () => {
            verifyProblem(await client.lookup(kycAsk(person), { 'content-encoding': 'gzip' }), 415,
                'unsupported_media_type');
        });

        for (const type of ['application/json;charset=UTF-8', 'Application/JSON; charset="utf-8"']) {
            test(`Content-Type: ${type} is answered`, async () => {
                const answer = await client.lookup(kycAsk(person), { 'content-type': type });
                assert.equal(answer.status, 200, answer.text);
            });
        }

        for (const [what, key] of [['empty', ''], ['of 65 characters', 'k'.repeat(65)],
            ['with a space', 'a b']]) {
            test(`an Idempotency-Key that is ${what} is bad_request`, async () => {
                const answer = await client.lookup(kycAsk(person), { 'idempotency-key': key });
                verifyProblem(answer, 400, 'bad_request');
                assert.equal(pointers(answer).length, 1);
            });
        }

        test('an Idempotency-Key of 64 characters is taken', async () => {
            const answer = await client.lookup(kycAsk(person),
                { 'idempotency-key': `${Math.random()}`.padEnd(64, 'k').slice(0, 64) });
            assert.equal(answer.status, 200, answer.text);
        });

        test('a body of 16,384 bytes is read, one of 16,385 is too_large', async () => {
            const padded = (bytes) => Buffer.concat([Buffer.from(text(person)),
                Buffer.alloc(bytes - Buffer.byteLength(text(person)), ' ')]);
            assert.equal((await client.post('/v1/lookup', padded(16_384))).status, 200);
            verifyProblem(await connectOnce(kind, padded(16_385)), 413, 'too_large');
            verifyProblem(await connectOnce(kind, padded(1_000_000)), 413, 'too_large');
        });

        test('a target of 2,000 bytes is refused and kills nothing', async () => {
            const other = connect(kind);
            const answer = await other.off.get(`/${'a'.repeat(2000)}`).catch(() => null);
            assert.ok(answer === null || (answer.status >= 400 && answer.status < 500));
            other.destroy();
            await stillServes();
        });

        test('100 header fields are refused and kill nothing', async () => {
            const other = connect(kind);
            const fields = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'v']));
            const answer = await other.lookup(kycAsk(person), fields).catch(() => null);
            assert.ok(answer === null || (answer.status >= 400 && answer.status < 500));
            other.destroy();
            await stillServes();
        });

        test('20 kB of header fields are refused and kill nothing', async () => {
            const other = connect(kind);
            const answer = await other.lookup(kycAsk(person), { 'x-long': 'v'.repeat(20_000) })
                .catch(() => null);
            assert.ok(answer === null || (answer.status >= 400 && answer.status < 500));
            other.destroy();
            await stillServes();
        });

        test('refusals are told in Vietnamese unless English is preferred', async () => {
            const title = async (language) => {
                const headers = language === undefined ? {} : { 'accept-language': language };
                const answer = await client.lookup(kycAsk(person, { fields: [] }), headers);
                verifyProblem(answer, 400, 'bad_request');
                return answer.json.title;
            };
            const [vietnamese, english] = [await title(), await title('en')];
            assert.notEqual(vietnamese, english);
            assert.match(vietnamese, /[ạảãáàêôưđ]/);
            for (const [language, wanted] of [['vi', vietnamese], ['vi-VN,en;q=0.5', vietnamese],
                ['en-US,en;q=0.9,vi;q=0.1', english], ['fr', vietnamese], ['*', vietnamese],
                ['vi;q=0.2, en', english]]) {
                assert.equal(await title(language), wanted, language);
            }
        });

        describe('who has no account', () => {
            const cases = {
                'no certificate': () => ({}),
                'a certificate of another authority': () => others.foreign,
                'a certificate of ours that no account is bound to': () => others.unbound,
                'an expired certificate': () => demo.client('expired'),
                'a revoked certificate': () => demo.client('revoked'),
            };
            for (const [what, credentials] of Object.entries(cases)) {
                test(`${what} completes the handshake and is unauthenticated`, async () => {
                    const other = new kind({ port: server.port, ca: demo.ca, ...credentials() });
                    const answer = await other.lookup(kycAsk(person));
                    verifyProblem(answer, 401, 'unauthenticated');
                    assert.ok(answer.json.clause !== undefined);
                    await other.close();
                });
            }

            test('without a certificate nothing else is told', async () => {
                const other = new kind({ port: server.port, ca: demo.ca });
                for (const answer of [await other.off.get('/nowhere'),
                    await other.off.get('/v1/lookup'),
                    await other.post('/v1/lookup', 'rubbish'),
                    await other.lookup(kycAsk(person), { accept: 'text/html' })]) {
                    verifyProblem(answer, 401, 'unauthenticated');
                }
                await other.close();
            });
        });
    });
}

// The server may close after this one: a connection of its own.
async function connectOnce(kind, body) {
    const client = connect(kind);
    try {
        return await client.post('/v1/lookup', body);
    } finally {
        client.destroy();
    }
}

describe('HTTP/1.1 that is not HTTP/1.1', () => {
    const fine = `Host: localhost\r\nContent-Type: application/json\r\n`;
    const lines = [
        ['no request line', 'hello\r\n\r\n'],
        ['a line end without carriage return', 'POST /v1/lookup HTTP/1.1\nHost: localhost\n\n'],
        ['a space before the colon', `POST /v1/lookup HTTP/1.1\r\nHost : localhost\r\n\r\n`],
        ['no Host', 'POST /v1/lookup HTTP/1.1\r\n\r\n'],
        ['two Hosts', 'POST /v1/lookup HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
        ['two lengths', `POST /v1/lookup HTTP/1.1\r\n${fine}Content-Length: 2\r\n` +
            'Content-Length: 3\r\n\r\n{}'],
        ['a length and chunks', `POST /v1/lookup HTTP/1.1\r\n${fine}Content-Length: 2\r\n` +
            'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
        ['a length with a sign', `POST /v1/lookup HTTP/1.1\r\n${fine}Content-Length: +2\r\n\r\n{}`],
        ['a folded field', `POST /v1/lookup HTTP/1.1\r\n${fine}X-A: b\r\n c\r\n\r\n`],
        ['an unknown transfer coding',
            `POST /v1/lookup HTTP/1.1\r\n${fine}Transfer-Encoding: gzip, chunked\r\n\r\n`],
        ['a chunk of a size that is none', `POST /v1/lookup HTTP/1.1\r\n${fine}` +
            'Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n'],
        ['another version', `POST /v1/lookup HTTP/3.0\r\n${fine}\r\n`],
        ['a NUL in a field', `POST /v1/lookup HTTP/1.1\r\n${fine}X-A: b\0c\r\n\r\n`],
    ];
    for (const [what, bytes] of lines) {
        test(`${what} is answered 400 or closed, and nothing after it is read`, async () => {
            const smuggled = `GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n`;
            const found = await raw({ port: server.port, ca: demo.ca, ...demo.client('bank') },
                bytes + smuggled);
            assert.match(found, /^(HTTP\/1\.1 (400|505|501) |$)/);
            assert.ok(!found.includes('HTTP/1.1 404'), found);
            await stillServes();
        });
    }

    test('an ask in chunks is answered', async () => {
        const body = text(person);
        const found = await raw({ port: server.port, ca: demo.ca, ...demo.client('bank') },
            `POST /v1/lookup HTTP/1.1\r\n${fine}Transfer-Encoding: chunked\r\n` +
            'Connection: close\r\n\r\n' + [...Buffer.from(body)].map((byte) =>
                `1\r\n${String.fromCharCode(byte)}\r\n`).join('') + '0\r\n\r\n');
        assert.match(Buffer.from(found, 'latin1').toString(), /^HTTP\/1\.1 (200|400)/);
    });

    test('bytes that are no TLS kill nothing', async () => {
        const { connect: plain } = await import('node:net');
        for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '\0'.repeat(1000), '\x16\x03\x01\xff\xff']) {
            const socket = plain(server.port, '127.0.0.1');
            socket.on('error', () => {});
            socket.write(bytes);
            await new Promise((resolve) => setTimeout(resolve, 100));
            socket.destroy();
        }
        await stillServes();
    });

    test('HTTP/2 frames that are none kill nothing', async () => {
        const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
        for (const bytes of [preface, `${preface}rubbish`, `${preface}\xff\xff\xff\x00\x00\x00\x00`,
            'not a preface at all, but long enough to be looked at']) {
            await raw({ port: server.port, ca: demo.ca, ...demo.client('bank'), alpn: ['h2'] },
                Buffer.from(bytes, 'latin1'), { waitMs: 300 }).catch(() => {});
        }
        await stillServes();
    });
});

test('the processes are those that were there at the start', async () => {
    for (const row of await server.processes()) {
        assert.equal(row.restarts, 0, row.process);
    }
});
