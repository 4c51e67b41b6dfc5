// Documents of cases over the desk, by real clients: handed in, signed for, read by who has signed
// to read; and bombs, wrong types, cut uploads, kills and a disk without room.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { verifyProblem } from './lib/answer.mjs';
import { Http2Client } from './lib/client.mjs';
import { binary, isRoot, must, run, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { accountOf, makeOfficers } from './lib/officers.mjs';
import { serve } from './lib/server.mjs';

const BYTES_MAX = 20 << 20;
const MARK = 'Nguyễn Thị Dấu Riêng'; // what must not stand on the disk
let demo;
let server;
let signers;
let code;
const clients = {};

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const open = async () => {
    Object.values(clients).forEach((client) => client.destroy());
    server = await serve(demo);
    for (const [name, signer] of Object.entries(signers)) {
        clients[name] = new Http2Client({ port: server.port + 2, ca: demo.ca, ...signer.client });
    }
};
const bring = (who, act, values) => clients[who].request({ method: 'POST', path: '/v1/acts',
    body: signers[who].act(act, values), headers: { 'content-type': 'application/jose' } });
const good = async (who, act, values) => {
    const answer = await bring(who, act, values);
    assert.ok([200, 202].includes(answer.status), `${act}: ${answer.text}`);
    return answer.json;
};
const both = async (act, values) => {
    const { object } = await good('LAN', act, values);
    return good('HOA', 'proposal.approve', { code: object });
};
const put = (bytes, { who = 'LAN', of = code, type = 'application/pdf' } = {}) =>
    clients[who].request({ method: 'POST', path: `/v1/cases/${of}/documents`, body: bytes,
        headers: { 'content-type': type } });
const get = (hash, who = 'LAN') => clients[who].get(`/v1/cases/${code}/documents/${hash}`);
const named = ({ sha256: hash, bytes, type, signature }, more = {}) =>
    ({ code, hash, bytes: String(bytes), type, signature, title: 'Đơn', ...more });
const archive = () => path.join(demo.home, 'archive');
const files = (ending) => readdirSync(archive(), { recursive: true })
    .filter((name) => name.endsWith(ending));
const kept = () => readdirSync(archive(), { recursive: true })
    .filter((name) => /^..\/[0-9a-f]{32}$/.test(name));
const refused = (answer, why) => {
    const { body } = verifyProblem(answer, 422, 'document_refused');
    assert.match(body.invalid_params[0].reason, why);
};

// A PDF of one page, classic, with what the catalog says besides.
function pdf(catalog = '', { mark = MARK, trailer = '', more = [] } = {}) {
    const objects = [`<< /Type /Catalog /Pages 2 0 R ${catalog} >>`,
        '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
        '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>',
        `<< /Length ${Buffer.byteLength(mark)} >>\nstream\n${mark}\nendstream`, ...more];
    let text = '%PDF-1.4\n';
    const rows = objects.map((object, i) => {
        const row = `${String(Buffer.byteLength(text)).padStart(10, '0')} 00000 n \n`;
        text += `${i + 1} 0 obj\n${object}\nendobj\n`;
        return row;
    });
    const table = Buffer.byteLength(text);
    return Buffer.from(`${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows.join('')}` +
        `trailer\n<< /Root 1 0 R ${trailer} >>\nstartxref\n${table}\n%%EOF\n`);
}

function crc32(bytes) {
    let crc = ~0;
    for (const byte of bytes) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) {
            crc = crc >>> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
    }
    return ~crc >>> 0;
}
function png(width, height, pixels = Buffer.alloc(100)) {
    const word = (value) => {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32BE(value);
        return bytes;
    };
    const chunk = (type, data) => {
        const body = Buffer.concat([Buffer.from(type), data]);
        return Buffer.concat([word(data.length), body, word(crc32(body))]);
    };
    return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
        chunk('IHDR', Buffer.concat([word(width), word(height), Buffer.from([8, 0, 0, 0, 0])])),
        chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))]);
}

before(async () => {
    demo = await demonstration('documents');
    signers = { ...await makeOfficers(demo), bank: accountOf(demo, 'bank') };
    await open();
    await both('office.add', { parent: 'Bộ Công an', place: 'Hà Nội', code: 'C06',
        level: 'national', name: 'Cục C06', sign: 'C06' });
    for (const [officer, capacity] of [['LAN', 'staff'], ['MINH', 'head'], ['HOA', 'deputy']]) {
        await both('office.member-put', { code: 'C06', officer, capacity });
    }
    code = (await good('LAN', 'case.receive', { office: 'C06', intake: 'post', party: 'bank',
        purpose: 'Thi hành án', content: 'Nơi thường trú', fields: 'full_name',
        undertaken: 'true' })).object;
});
after(async () => {
    Object.values(clients).forEach((client) => client.destroy());
    await server?.stop();
    demo?.remove();
});

test('a document is handed in, signed for, and read by who has signed to read it alone', async () => {
    const bytes = pdf('', { mark: MARK + randomBytes(100_000).toString('base64') });
    const first = await put(bytes);
    assert.equal(first.status, 201, first.text);
    assert.deepEqual(first.json, { bytes: bytes.length, sha256: sha256(bytes), signature: 'none',
        type: 'application/pdf' });
    assert.equal(first.headers.location, `/v1/cases/${code}/documents/${sha256(bytes)}`);
    const again = await put(bytes);
    assert.deepEqual([again.status, again.json], [200, first.json]);
    assert.equal(files('.loose').length, 1); // one, however often it comes
    verifyProblem(await get(first.json.sha256), 404, 'not_found');
    await good('LAN', 'case.read', { code, reason: 'Xem' });
    verifyProblem(await get(first.json.sha256), 404, 'not_found'); // no case has it yet
    await good('LAN', 'case.document', named(first.json));
    const read = await get(first.json.sha256);
    assert.equal(read.status, 200);
    assert.deepEqual(read.bytes, bytes);
    assert.equal(read.headers['content-type'], 'application/pdf');
    assert.equal(read.headers['cache-control'], 'no-store');
    for (const who of ['MINH', 'HOA', 'bank']) { // a taken desk can say that it is one of these
        verifyProblem(await get(first.json.sha256, who), 404, 'not_found');
    }
    await until('it is attached', () => kept().length === 1 && files('.loose').length === 0);
    const sealed = readFileSync(path.join(archive(), kept()[0]));
    assert.equal(sealed.includes(MARK), false);
    assert.equal(sealed.includes(code), false);
    assert.equal((await put(bytes)).status, 200);
    verifyProblem(await bring('LAN', 'case.document', named(first.json)), 409, 'state_conflict');
});

test('the command hands in a document and fetches it', async () => {
    const { cert, key } = signers.LAN.client;
    const at = (name, bytes) => {
        const file = path.join(demo.dir, name);
        writeFileSync(file, bytes);
        return file;
    };
    const connection = ['--desk', `localhost:${server.port + 2}`, '--tls-ca', at('ca.txt', demo.ca),
        '--tls-cert', at('cert.txt', cert), '--tls-key', at('key.txt', key)];
    const bytes = png(20, 20, randomBytes(50_000));
    const put = await must(binary, ['document', 'put', code, at('scan.png', bytes), ...connection]);
    const said = JSON.parse(put.stdout);
    assert.equal(said.sha256, sha256(bytes));
    await good('LAN', 'case.document', named(said));
    const { stdout } = await must('sh', ['-c', '"$@" | sha256sum', 'sh', binary, 'document', 'get',
        code, said.sha256, ...connection]);
    assert.equal(stdout.split(' ')[0], said.sha256);
    for (const wrong of [['put', code, at('a.txt', 'hello, world')], ['put', code, '/nowhere'],
        ['get', code, sha256('x')], ['take', code, 'x']]) {
        assert.notEqual((await run(binary, ['document', ...wrong, ...connection])).status, 0);
    }
});

test('what is not what it says, runs, hides or bursts is refused with its reason', async () => {
    refused(await put(pdf(), { type: 'image/png' }), /not of the type/);
    refused(await put(png(9, 9), { type: 'image/jpeg' }), /not of the type/);
    refused(await put(png(60_000, 60_000), { type: 'image/png' }), /too many pixels/);
    refused(await put(pdf('/AA << >>')), /active content/);
    refused(await put(pdf('/Names << /Java#53cript 5 0 R >>')), /active content/);
    refused(await put(pdf('/OpenAction << /S /URI /URI (http://a.invalid) >>')), /is opened/);
    refused(await put(pdf('/Names << /EmbeddedFiles 5 0 R >>')), /attached files/);
    refused(await put(pdf('', { trailer: '/Encrypt 5 0 R' })), /encrypted/);
    refused(await put(pdf('', { more: ['<< /Type /ObjStm /Length 1 >>\nstream\nx\nendstream'] })),
        /compressed objects/);
    refused(await put(pdf('', { more: ['<< /Width 90000 /Height 90000 /Length 1 >>\nstream\nx\n' +
        'endstream'] })), /too many pixels/);
    refused(await put(pdf().subarray(0, 200)), /not end/);
    refused(await put(Buffer.concat([pdf(), Buffer.from('PK\x03\x04')])), /not end/);
    refused(await put(Buffer.alloc(0)), /empty/);
    verifyProblem(await put(pdf(), { type: 'text/html' }), 415, 'unsupported_media_type');
    verifyProblem(await put(Buffer.concat([pdf(), Buffer.alloc(BYTES_MAX, ' ')])), 413, 'too_large');
    verifyProblem(await put(pdf(), { of: 'C06-2026-999999' }), 404, 'not_found');
    verifyProblem(await put(pdf(), { who: 'bank' }), 404, 'not_found');
    verifyProblem(await put(pdf(), { who: 'HOA' }), 404, 'not_found'); // without the role
    assert.deepEqual([files('.new'), files('.loose')], [[], []]);
});

test('an act names only what is there, as it is', async () => {
    const { json } = await put(png(10, 10), { type: 'image/png' });
    for (const more of [{ hash: sha256('x') }, { bytes: String(json.bytes + 1) },
        { type: 'application/pdf' }, { signature: 'whole', signer: 'CN=A', certificate: json.sha256 }]) {
        verifyProblem(await bring('LAN', 'case.document', named(json, more)), 404, 'act_not_found');
    }
    await good('LAN', 'case.document', named(json));
});

test('a cut upload leaves nothing', async () => {
    const session = http2.connect(`https://127.0.0.1:${server.port + 2}`,
        { ca: demo.ca, ...signers.LAN.client, servername: 'localhost' });
    session.on('error', () => {});
    const stream = session.request({ ':method': 'POST', ':path': `/v1/cases/${code}/documents`,
        'content-type': 'application/pdf' });
    stream.on('error', () => {});
    stream.write(pdf());
    stream.write(Buffer.alloc(300_000, ' '));
    await until('it comes', () => files('.new').length === 1);
    session.destroy();
    await until('it is gone', () => files('.new').length === 0);
    assert.deepEqual(files('.loose'), []);
});

test('kills of the archive and of the core between put and attach lose nothing', async () => {
    const one = await put(pdf('', { mark: 'one' }));
    process.kill((await server.process('archive')).pid, 'SIGKILL');
    const after = await until('it serves again', async () => {
        const answer = await put(pdf('', { mark: 'two' }));
        return answer.status === 503 ? null : answer;
    });
    assert.equal(after.status, 201, after.text);
    await good('LAN', 'case.document', named(one.json));
    process.kill((await server.process('core')).pid, 'SIGKILL');
    await until('the core has it again', async () => {
        const answer = await bring('LAN', 'case.document', named(after.json));
        return answer.status === 200;
    });
    await until('both are attached', () => files('.loose').length === 0);
    verifyProblem(await get(one.json.sha256), 404, 'not_found'); // the reading went with that core
    await good('LAN', 'case.read', { code, reason: 'Xem' });
    assert.equal((await get(one.json.sha256)).bytes.includes('one'), true);
    assert.equal((await get(after.json.sha256)).bytes.includes('two'), true);
});

test('without room on the disk a document is refused, and taken when there is', { skip: !isRoot },
    async () => {
        await server.stop();
        await must('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=0700', 'dancu-test', archive()]);
        try {
            await open();
            const answer = await put(pdf());
            verifyProblem(answer, 503, 'ledger_unavailable');
            assert.equal(answer.headers['retry-after'], '60');
        } finally {
            await server.stop();
            await must('umount', [archive()]);
        }
        await open();
        assert.equal((await put(pdf('', { mark: 'later' }))).status, 201);
    });
