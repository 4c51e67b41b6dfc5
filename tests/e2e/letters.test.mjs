// A written request from the signed document that comes in to the signed letter that goes out: a
// person of class `other` by papers, a commune that decides, and the one whom it is about, who finds
// it in the records.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyProblem } from './lib/answer.mjs';
import { Http2Client } from './lib/client.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { order } from './lib/leaks.mjs';
import { makeOfficers } from './lib/officers.mjs';
import { serve } from './lib/server.mjs';
import { changed, opensslVerifies, signedParts } from './lib/signed_pdf.mjs';

const REQUESTER = { class: 'other', name: 'Trần Văn Xin', papers: 'id', number: '079090955555',
    address: '1 Lê Lợi, Thành phố Hồ Chí Minh' };
const FIELDS = 'birth_date,full_name,permanent_residence';
let demo;
let server;
let signers;
let people;
let letter;
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
const see = async (address, who = 'LAN') => (await clients[who].get(address)).json;
const seen = (person) => ({ name: person.full_name, 'birth-date': person.birth_date });

// Disclosures of each service by the public log, once it is published up to the act that is
// recorded now.
const disclosures = async () => {
    const { record } = await good('MINH', 'case.read', { code, reason: 'Đếm' });
    return until('the log is published', async () => {
        const { stdout } = await demo.dancu(['ledger', 'figures', '--dir',
            path.join(demo.home, 'ledger'), '--vkey', demo.vkeyFile, '--json']);
        const { size, figures } = JSON.parse(stdout);
        const rows = figures.filter(({ kind }) => kind === 'disclosure');
        return size > record && Object.fromEntries(rows.map(({ service, count }) =>
            [service, count]));
    });
};

// A PDF with a detached signature of OpenSSL's over all of it, by a certificate of its own.
function signedPdf() {
    const at = (name) => path.join(demo.dir, name);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
        'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('asker.key'), '-out', at('asker.pem'),
        '-subj', '/CN=Tran Van Xin', '-days', '30'], { stdio: 'ignore' });
    const room = 8192;
    const objects = ['<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /SigFlags 3 >> >>',
        '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
        '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Annots [5 0 R] >>',
        '<< /Length 9 >>\nstream\n(yeu cau)\nendstream',
        '<< /Type /Annot /Subtype /Widget /FT /Sig /T (s) /Rect [0 0 0 0] /P 3 0 R /V 6 0 R >>',
        '<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached ' +
        `/ByteRange [0 AAAAAAAAAA BBBBBBBBBB CCCCCCCCCC] /Contents <${'0'.repeat(2 * room)}> >>`];
    let text = '%PDF-1.4\n';
    const rows = objects.map((object, i) => {
        const row = `${String(text.length).padStart(10, '0')} 00000 n \n`;
        text += `${i + 1} 0 obj\n${object}\nendobj\n`;
        return row;
    });
    const table = text.length;
    text += `xref\n0 ${rows.length + 1}\n0000000000 65535 f \n${rows.join('')}trailer\n` +
        `<< /Size ${rows.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
    const hole = text.indexOf('/Contents <0') + '/Contents '.length;
    const end = hole + 2 * room + 2;
    const number = (value) => String(value).padEnd(10);
    text = text.replace('AAAAAAAAAA', number(hole)).replace('BBBBBBBBBB', number(end))
        .replace('CCCCCCCCCC', number(text.length - end));
    writeFileSync(at('asked'), text.slice(0, hole) + text.slice(end), 'latin1');
    const der = execFileSync('openssl', ['cms', '-sign', '-binary', '-in', at('asked'), '-signer',
        at('asker.pem'), '-inkey', at('asker.key'), '-outform', 'DER', '-md', 'sha256']);
    return Buffer.from(text.slice(0, hole + 1) + der.toString('hex').padEnd(2 * room, '0') +
        text.slice(end - 1), 'latin1');
}

before(async () => {
    demo = await demonstration('letters');
    signers = await makeOfficers(demo);
    people = demo.samples().filter((one) => one.birth_date.length === 10);
    await open();
    const police = { parent: 'Công an Thành phố Hồ Chí Minh', place: 'Thành phố Hồ Chí Minh' };
    await both('office.add', { ...police, code: 'CAP', level: 'commune', province: '79',
        name: 'Công an phường Sài Gòn', sign: 'CAP', address: '1 Đồng Khởi' });
    for (const [officer, capacity] of [['LAN', 'staff'], ['MINH', 'head']]) {
        await both('office.member-put', { code: 'CAP', officer, capacity });
    }
});
after(async () => {
    Object.values(clients).forEach((client) => client.destroy());
    await server?.stop();
    demo?.remove();
});

const receive = async (more = {}) => {
    const { object } = await good('LAN', 'case.receive', { office: 'CAP', intake: 'carrier',
        ...REQUESTER, purpose: 'Thừa kế', content: 'Nơi thường trú', fields: FIELDS,
        'papers-seen': 'true', undertaken: 'true', ...more });
    return object;
};

test('a signed request is taken in, and nothing leaves before two officers have decided', async () => {
    code = await receive();
    const bytes = signedPdf();
    const put = await clients.LAN.request({ method: 'POST', path: `/v1/cases/${code}/documents`,
        body: bytes, headers: { 'content-type': 'application/pdf' } });
    assert.equal(put.status, 201, put.text);
    assert.equal(put.json.signature, 'whole');
    await good('LAN', 'case.document', { code, hash: put.json.sha256, type: put.json.type,
        bytes: String(put.json.bytes), title: 'Đơn', signature: 'whole', signer: put.json.signer,
        certificate: put.json.certificate });
    await good('LAN', 'case.accept', { code });
    const { found } = await good('LAN', 'case.find', { code, ...seen(people[0]),
        id: people[0].id });
    assert.equal(found, 'one');
    await until('the case has the person', async () => (await see(`/v1/cases/${code}`)).found);
    await good('LAN', 'case.propose', { code, decision: 'disclose', fields: FIELDS });
    const said = await see(`/v1/cases/${code}/intention`);
    assert.equal(said.decision.code, 'disclosed');
    const { fee_due: fee } = await see(`/v1/cases/${code}`);
    verifyProblem(await bring('LAN', 'letter.order', { code, kind: 'result' }), 403, 'not_yours');
    await good('LAN', 'case.pay', { code, vnd: String(fee), receipt: 'BL-01' });
    assert.deepEqual(await disclosures(), { 'id.map': 1 }, 'looking is one of its own');
    assert.equal((await clients.LAN.get(`/v1/cases/${code}/letter`)).status, 404);
});

test('what is approved leaves once, as a letter that another reader finds signed', async () => {
    const { answer: { proposal } } = await see(`/v1/cases/${code}`);
    await good('MINH', 'case.approve', { code, proposal: String(proposal) });
    letter = await until('the letter is signed', async () => {
        const { status, json } = await clients.LAN.get(`/v1/cases/${code}/letter`);
        return status === 200 && json.state === 'signed' && json;
    });
    assert.deepEqual([letter.kind, letter.number, letter.register], ['result', '01/TB-CAP',
        `CAP.TB.${new Date(Date.now() + 7 * 3600_000).getUTCFullYear()}`]);
    assert.equal(letter.holders, undefined);
    assert.equal((await disclosures())['notice.extract'], 1);
    const address = (file) => `/v1/cases/${code}/documents/${file}`;
    verifyProblem(await clients.HOA.get(address(letter.copies[0].file)), 404, 'not_found');
    await good('LAN', 'case.read', { code, reason: 'Giao' });
    const { bytes } = await clients.LAN.get(address(letter.copies[0].file));
    assert.equal(sha256(bytes), letter.copies[0].file);
    const file = path.join(demo.dir, 'letter.pdf');
    writeFileSync(file, bytes);
    const signature = execFileSync('pdfsig', ['-nocert', file], { encoding: 'utf8' });
    assert.match(signature, /Signature is Valid/);
    assert.match(signature, /Total document signed/);
    const text = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' })
        .normalize('NFC').replace(/\s+/g, ' ');
    assert.ok(text.includes('Số: 01/TB-CAP'), text);
    assert.ok(text.includes(people[0].full_name), text);
    const { holders } = (await clients.LAN.get(`/v1/letters/${letter.code}`)).json;
    assert.equal(holders[0].recipient, REQUESTER.name);
    assert.notEqual(holders[0].code, holders[1].code);
    const own = await clients.LAN.get(address(letter.copies[1].file));
    assert.notEqual(sha256(own.bytes), sha256(bytes), 'each copy is its own file');
});

// What anybody is told who holds a letter: by number and code, or by its file.
const standing = async (what) => {
    const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    const file = Buffer.isBuffer(what);
    const { json } = await visitor.request({ method: 'POST', path: '/v1/letters/verify',
        body: file ? what : JSON.stringify(what),
        headers: { 'content-type': file ? 'application/pdf' : 'application/json' } });
    visitor.destroy();
    return json;
};

test('who holds a copy is told what it is; a changed byte, number or code makes it unknown', async () => {
    const bytes = readFileSync(path.join(demo.dir, 'letter.pdf'));
    const { holders } = await see(`/v1/letters/${letter.code}`);
    const date = new Date(Date.now() + 7 * 3600_000).toISOString().slice(0, 10);
    const genuine = { standing: 'genuine', date, number: '01/TB-CAP',
        office: 'Công an phường Sài Gòn' };
    assert.deepEqual(await standing(bytes), genuine);
    for (const { code: secret } of holders) {
        assert.deepEqual(await standing({ number: letter.number, code: secret }), genuine);
        assert.deepEqual(await standing({ number: '02/TB-CAP', code: secret }),
            { standing: 'unknown' });
        const other = (secret[0] === '0' ? '1' : '0') + secret.slice(1);
        assert.deepEqual(await standing({ number: letter.number, code: other }),
            { standing: 'unknown' });
    }
    for (const other of [changed(bytes, 0), changed(bytes, bytes.length - 1),
        Buffer.concat([bytes, Buffer.from('\n')]), bytes.subarray(0, -1)]) {
        assert.deepEqual(await standing(other), { standing: 'unknown' });
    }
    const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    const page = await visitor.get(`/letters?number=01%2FTB-CAP&code=${holders[0].code}`);
    visitor.destroy();
    assert.match(page.text, /The letter is genuine and in force[^]*Công an phường Sài Gòn/);
    assert.ok(!page.text.includes(people[0].full_name) && !page.text.includes(REQUESTER.name));
});

test('its signature is right by two readers, over the whole file and no other', async () => {
    const file = path.join(demo.dir, 'letter.pdf');
    const ca = path.join(demo.dir, 'ca.pem');
    const bytes = readFileSync(file);
    const parts = signedParts(bytes);
    assert.ok(parts.whole);
    assert.match(parts.digits, /^[0-9a-f]+$/);
    assert.equal((await opensslVerifies(bytes, ca)).status, 0);
    assert.notEqual((await opensslVerifies(changed(bytes, 100), ca)).status, 0);
    const good = await demo.dancu(['letter', 'verify', file, '--ca', ca]);
    assert.equal(good.status, 0, good.stderr);
    assert.match(good.stdout, /^signed by: CN=C06 \(demonstration\),O=dancu demonstration$/m);
    const other = path.join(demo.dir, 'other.pdf');
    const places = Array.from({ length: 40 }, (_, i) => Math.floor(bytes.length / 40 * i));
    for (const at of places) {
        writeFileSync(other, changed(bytes, at, 1 << at % 8));
        const { status, stderr } = await demo.dancu(['letter', 'verify', other, '--ca', ca]);
        assert.equal(status, 1, `byte ${at}`);
        assert.match(stderr, /letter verify/);
    }
    assert.equal((await demo.dancu(['letter', 'verify', file])).status, 2);
});

test('whom it is about finds it in the records', async () => {
    const found = await order(clients.HOA, signers.HOA, 'record.search',
        { reason: 'Công dân hỏi', person: people[0].id, kind: 'disclosure' });
    assert.equal(found.found, 2); // the look, and the letter
    const byCase = await order(clients.HOA, signers.HOA, 'record.search',
        { reason: 'Công dân hỏi', case: code, kind: 'disclosure', person: people[0].id });
    assert.equal(byCase.found, 2);
});

test('a letter is delivered, replaced and withdrawn, and numbers go on', async () => {
    const { certPath, keyPath } = demo.client('officer-LAN');
    const desk = ['--desk', `localhost:${server.port + 2}`, '--tls-cert', certPath, '--tls-key',
        keyPath, '--tls-ca', path.join(demo.dir, 'ca.pem')];
    const given = await demo.dancu(['letter', 'deliver', letter.code, '--copy', '1', '--way', 'hand',
        '--to', REQUESTER.name, '--as', 'LAN', '--sign-key',
        path.join(demo.dir, 'officers', 'LAN.pem'), ...desk]);
    assert.equal(given.status, 0, given.stderr);
    const shown = JSON.parse((await demo.dancu(['letter', 'list', letter.code, ...desk])).stdout);
    assert.deepEqual([shown.state, shown.copies[0].way], ['delivered', 'hand']);
    const { stdout: numbers } = await demo.dancu(['letter', 'registers', ...desk]);
    assert.equal(JSON.parse(numbers).code, letter.register);
    verifyProblem(await bring('LAN', 'letter.deliver', { code: letter.code, copy: '1', way: 'hand',
        to: REQUESTER.name }), 409, 'state_conflict');
    verifyProblem(await bring('HOA', 'letter.withdraw', { code: letter.code, reason: 'X' }), 403,
        'not_yours'); // of no office
    await both('letter.replace', { code: letter.code, reason: 'Sai địa chỉ' });
    const second = await until('another is in its place', async () => {
        const json = await see(`/v1/cases/${code}/letter`);
        return json.code !== letter.code && json.state === 'signed' && json;
    });
    assert.deepEqual([second.number, second.replaces], ['02/TB-CAP', letter.code]);
    const { holders } = await see(`/v1/letters/${letter.code}`);
    const copy = { number: letter.number, code: holders[0].code };
    assert.deepEqual([(await standing(copy)).standing, (await standing(copy)).replaced_by],
        ['superseded', '02/TB-CAP']);
    const first = await see(`/v1/letters/${letter.code}`);
    assert.deepEqual([first.state, first.replaced_by], ['replaced', second.code]);
    assert.equal((await disclosures())['notice.extract'], 1, 'no second disclosure');
    await good('LAN', 'letter.withdraw', { code: second.code, reason: 'Nhầm người' });
    assert.equal((await see(`/v1/letters/${second.code}`)).state, 'withdrawn');
    const gone = (await see(`/v1/letters/${second.code}`)).holders[0];
    assert.equal((await standing({ number: second.number, code: gone.code })).standing,
        'withdrawn');
    assert.equal((await see('/v1/registers')).items[0].last, 2);
    await both('letter.replace', { code: second.code, reason: 'Đúng người' });
    const third = await until('another is in its place', async () => {
        const json = await see(`/v1/cases/${code}/letter`);
        return json.code !== second.code && json.state === 'signed' && json;
    });
    assert.equal(third.number, '03/TB-CAP');
    const { state, replaced_by: by } = await see(`/v1/letters/${second.code}`);
    assert.deepEqual([state, by], ['withdrawn', third.code]);
});

test('nobody asks about himself as somebody else, and of namesakes nobody is shown', async () => {
    const own = await receive({ number: people[1].id });
    await good('LAN', 'case.accept', { code: own }).catch(() => {});
    const { found } = await good('LAN', 'case.find', { code: own, ...seen(people[1]),
        id: people[1].id });
    assert.equal(found, 'own_data_only');
    assert.equal((await see(`/v1/cases/${own}`)).found, false);
    const none = await good('LAN', 'case.find', { code: own, ...seen(people[1]),
        id: people[2].id });
    assert.equal(none.found, 'none');
    verifyProblem(await bring('HOA', 'case.find', { code: own, ...seen(people[1]),
        id: people[1].id }), 403, 'role_missing');
});

test('the core may die at any moment: the letter comes, once', async () => {
    const one = await receive();
    await good('LAN', 'case.accept', { code: one });
    await good('LAN', 'case.find', { code: one, ...seen(people[3]), id: people[3].id });
    await until('the case has the person', async () => (await see(`/v1/cases/${one}`)).found);
    await good('LAN', 'case.propose', { code: one, decision: 'disclose', fields: 'full_name' });
    const { fee_due: fee, answer: { proposal } } = await see(`/v1/cases/${one}`);
    await good('LAN', 'case.pay', { code: one, vnd: String(fee), receipt: 'BL-02' });
    await good('MINH', 'case.approve', { code: one, proposal: String(proposal) });
    process.kill((await server.process('core')).pid, 'SIGKILL');
    const { number } = await until('the letter is signed', async () => {
        const answer = await clients.LAN.get(`/v1/cases/${one}/letter`);
        return answer.status === 200 && answer.json.state === 'signed' && answer.json;
    });
    assert.equal(number, '04/TB-CAP');
    assert.equal((await disclosures())['notice.extract'], 2);
});
