// A citizen's statement: every row is proved, and none can be left out unseen; read by a verifier
// that shares no code with ours, and by `dancu statement verify`.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { verifyProblem } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Citizens } from './lib/citizens.mjs';
import { Http2Client } from './lib/client.mjs';
import { must, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { addPortal, askHistory } from './lib/history.mjs';
import { addParty } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';
import { sheetText } from './lib/sheet_text.mjs';
import { opensslVerifies } from './lib/signed_pdf.mjs';
import { verifyStatement } from './lib/statement.mjs';

const OLD = 25; // rows before the map: more than one part has
const NEW = 3;
const WAIT_MS = 5000; // for a browser
// Every letter that Vietnamese is written with, in the purpose of a business and its basis.
const SMALL = 'aàáảãạăằắẳẵặâầấẩẫậ eèéẻẽẹêềếểễệ iìíỉĩị oòóỏõọôồốổỗộơờớởỡợ uùúủũụưừứửữự yỳýỷỹỵ đ';
const CAPITAL = 'AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬ EÈÉẺẼẸÊỀẾỂỄỆ IÌÍỈĨỊ OÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢ UÙÚỦŨỤƯỪỨỬỮỰ YỲÝỶỸỴ Đ';
const EXECUTABLE = process.env.DANCU_CHROMIUM ?? '/usr/bin/chromium';
let demo;
let key;
let citizens;
let server;
let me;
let lines;

const connect = (name) => new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(name) });

async function look(count) {
    const client = connect('bank');
    for (let i = 0; i < count; i++) {
        const { json } = await client.lookup(kycAsk(demo.samples()[0]));
        assert.ok(json.receipt);
    }
    await client.close();
}

before(async () => {
    demo = await demonstration('statement');
    key = await addPortal(demo);
    await addParty(demo, 'letters');
    await demo.act('business', 'add', '--code', 'T-LETTERS', '--party', 'letters', '--purpose', SMALL,
        '--legal-basis', CAPITAL, '--services', 'citizen.lookup', '--channels', 'guided',
        '--fields', 'full_name', '--quota-day', '100');
    await demo.act('business', 'grant', 'T-LETTERS');
    citizens = await Citizens.open(demo);
    server = await serve(demo);
    await look(OLD);
    await server.stop();
    server = await serve(demo, { args: [...citizens.args, '--map-s', '3600'] });
    await citizens.ready(server);
    await until('a map is taken', () =>
        readdirSync(path.join(demo.home, 'derived')).some((name) => /^map-[0-9]/u.test(name)));
    await look(NEW);
    me = await citizens.signIn(demo.samples()[0].id);
});
after(async () => {
    await server?.stop();
    citizens?.close();
    demo?.remove();
});

async function statement() {
    const all = [];
    let parts = 0;
    for (let body = {}; body; parts++) {
        const { status, json } = await me('statement', body);
        assert.equal(status, 200, JSON.stringify(json));
        const { lines: some, next } = json.result ?? json;
        all.push(...some.map((line) => JSON.stringify(line)));
        body = next ? { next } : null;
    }
    return { all, parts };
}

// What the map's entry says, opened.
function mapOf([head]) {
    const [disclosure] = JSON.parse(head).statement.map.opening;
    return JSON.parse(Buffer.from(disclosure, 'base64url'))[2];
}

const ours = async (some, { args = [] } = {}) => {
    const file = path.join(demo.dir, 'statement.jsonl');
    writeFileSync(file, some.map((line) => `${line}\n`).join(''));
    return demo.dancu(['statement', 'verify', file, '--vkey', demo.vkeyFile, '--json', ...args]);
};

test('a whole statement verifies, by a stranger and by the command', async () => {
    const { all, parts } = await statement();
    lines = all;
    assert.ok(parts >= 2);
    const { count, person } = verifyStatement(lines, demo.vkey);
    assert.deepEqual(count, { row: OLD, since: NEW });
    assert.match(person, /^[1-9][0-9]*$/u);
    const { day, size } = mapOf(lines);
    const { status, stdout, stderr } = await ours(lines, { args: ['--as-of', day] });
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { day, good: true, map: true, rows: OLD, since: NEW, size,
        unproved: 0 });
    const later = new Date(Date.parse(day) + 2 * 86_400_000).toISOString().slice(0, 10);
    assert.equal((await ours(lines, { args: ['--as-of', later] })).status, 1);
    assert.equal((await ours(lines, { args: ['--as-of', 'today'] })).status, 2);
});

test('with any one row dropped it does not, whoever reads it', async () => {
    for (let at = 0; at < lines.length; at++) {
        const fewer = lines.toSpliced(at, 1);
        assert.throws(() => verifyStatement(fewer, demo.vkey), `line ${at}`);
    }
    for (const at of [0, 1, NEW + 1, lines.length - 2, lines.length - 1]) {
        const { status, stderr } = await ours(lines.toSpliced(at, 1));
        assert.equal(status, 1, `line ${at}: ${stderr}`);
    }
});

test('with two rows swapped, one twice, or one of another statement it does not', async () => {
    const first = NEW + 1;
    const swapped = lines.with(first, lines[first + 1]).with(first + 1, lines[first]);
    const twice = lines.with(first, lines[first + 1]);
    for (const wrong of [swapped, twice]) {
        assert.throws(() => verifyStatement(wrong, demo.vkey));
        assert.equal((await ours(wrong)).status, 1);
    }
});

const linesOf = (text) => {
    assert.ok(text.endsWith('\n'));
    return text.slice(0, -1).split('\n');
};
// Proved and whole, whatever way it came.
const verified = (some) => {
    const { count } = verifyStatement(some, demo.vkey);
    assert.equal(count.row, OLD);
    return count.since;
};

test('it comes as one file, to a program and by a form', async () => {
    const visitor = await citizens.visit(demo.samples()[0].id);
    const asked = await visitor.send(`${citizens.site}/v1/me/statement.file`, { method: 'POST',
        body: '{}', headers: { 'content-type': 'application/json' } });
    assert.equal(asked.status, 200, asked.text);
    const since = verified(linesOf(asked.text));
    const page = await visitor.send(`${citizens.site}/me`);
    const csrf = /name="csrf" value="([^"]+)"/u.exec(page.text)[1];
    const form = await visitor.send(`${citizens.site}/me/statement`, { method: 'POST', form: { csrf } });
    assert.match(form.headers['content-disposition'], /^attachment; filename="/u);
    assert.equal(verified(linesOf(form.text)), since + 1); // the look of before
    const other = await visitor.send(`${citizens.site}/me/statement`,
        { method: 'POST', form: { csrf: 'x' } });
    assert.equal(other.status, 401);
});

test('a browser that runs no script keeps the file', async (t) => {
    if (!existsSync(EXECUTABLE)) {
        t.skip('chromium is not installed');
        return;
    }
    const visitor = await citizens.visit(demo.samples()[0].id);
    const browser = await chromium.launch({ executablePath: EXECUTABLE,
        args: ['--no-sandbox', '--disable-quic'] });
    try {
        const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false });
        const name = '__Host-dancu-session';
        await context.addCookies([{ name, value: visitor.cookie(citizens.site, name).value,
            url: `${citizens.site}/`, secure: true, httpOnly: true, sameSite: 'Lax' }]);
        const page = await context.newPage();
        await page.goto(`${citizens.site}/me`);
        const [kept] = await Promise.all([page.waitForEvent('download', { timeout: WAIT_MS }),
            page.getByRole('button', { name: 'Tải toàn bộ' }).click()]);
        verified(linesOf(readFileSync(await kept.path(), 'utf8')));
    } finally {
        await browser.close();
    }
});

test('a portal takes it part by part, and nobody else its parts', async () => {
    const [person] = demo.samples();
    const [portal, bank] = [connect('portal'), connect('bank')];
    const first = await askHistory({ demo, key, client: portal }, person, { form: 'statement' });
    assert.equal(first.status, 200, first.text);
    const all = [...first.json.result.lines];
    const part = (client, next) => client.post('/v1/own/statement', { next });
    verifyProblem(await part(bank, first.json.result.next), 404, 'not_found');
    for (let { next } = first.json.result; next !== null;) {
        const { status, json, text } = await part(portal, next);
        assert.equal(status, 200, text);
        all.push(...json.lines);
        ({ next } = json);
    }
    verified(all.map((line) => JSON.stringify(line)));
    verifyProblem(await part(portal, '0'.repeat(48)), 400, 'bad_request');
    verifyProblem(await part(portal, 'f'.repeat(48)), 404, 'not_found');
    const both = await askHistory({ demo, key, client: portal }, person, { form: 'statement', limit: 1 });
    verifyProblem(both, 400, 'bad_request');
    await Promise.all([portal.close(), bank.close()]);
});

// ---- sheets ----

const bare = (text) => text.normalize('NFC').replace(/\s+/gu, '');
// Without the numbers of pages, which stand first on every page but the first.
async function textOf(bytes) {
    const file = path.join(demo.dir, 'sheet.pdf');
    writeFileSync(file, bytes);
    const { stdout } = await must('pdftotext', ['-raw', file, '-']);
    return stdout.split('\f').slice(0, -1)
        .map((page, i) => (i === 0 ? page : page.replace(new RegExp(`^${i + 1}\\n`, 'u'), ''))).join('\n');
}

test('a sheet says what the rows and the statement say, to the letter, and is signed', async () => {
    const [person] = demo.samples();
    const client = connect('letters');
    const seen = await client.lookup(kycAsk(person, { business: 'T-LETTERS', fields: ['full_name'] }));
    assert.equal(seen.status, 200, seen.text);
    await client.close();
    me = await citizens.signIn(person.id);
    const { json: { result } } = await me('statement');
    const { status, json } = await me('statement.print', { next: result.next });
    assert.equal(status, 200, JSON.stringify(json));
    const bytes = Buffer.from(json.file, 'base64url');
    const text = await textOf(bytes);
    const [made] = /[0-9:]{8} [0-9/]{10}/u.exec(text);
    const rows = [];
    for (let body = {}; body !== null;) {
        const { json: { result: page } } = await me('history', body);
        rows.push(...page.rows.filter(({ row }) => row < result.next.slice(32)));
        body = page.rows_before === null ? null : { before: page.rows_before };
    }
    assert.equal(rows.length, result.count);
    const expected = sheetText({ rows, first: result.lines[0], id: person.id, made,
        origin: demo.vkey.name, count: result.count, total: result.count });
    assert.ok(expected.includes(SMALL) && expected.includes(CAPITAL));
    assert.equal(bare(text), bare(expected));
    assert.ok(!text.includes(person.full_name));
    const ca = path.join(demo.dir, 'ca.pem');
    const checked = await opensslVerifies(bytes, ca);
    assert.equal(checked.status, 0, checked.stderr);
    const words = ['letter', 'verify', path.join(demo.dir, 'sheet.pdf'), '--ca', ca];
    assert.equal((await demo.dancu([...words, '--sheet'])).status, 0);
    const letter = await demo.dancu(words);
    assert.deepEqual([letter.status, /no letter/u.test(letter.stderr)], [1, true]);
});

test('a form gives a sheet of a year, and what is none is refused', async () => {
    const visitor = await citizens.visit(demo.samples()[0].id);
    const page = await visitor.send(`${citizens.site}/me`);
    const csrf = /name="csrf" value="([^"]+)"/u.exec(page.text)[1];
    const form = (more) => visitor.send(`${citizens.site}/me/statement`,
        { method: 'POST', form: { csrf, pdf: '1', ...more } });
    const sheet = await form({ year: '', sheet: '1' });
    assert.equal(sheet.status, 200, sheet.text);
    assert.equal(sheet.headers['content-type'], 'application/pdf');
    assert.match(sheet.text, /^%PDF-/u);
    assert.equal((await form({ year: '2020' })).status, 200); // it says that there are none
    for (const more of [{ sheet: '99' }, { sheet: '0' }, { year: '1' }, { year: 'x' }]) {
        assert.ok([400, 403].includes((await form(more)).status), JSON.stringify(more));
    }
});

test('who has no row is shown to have none, and it verifies', async () => {
    me = await citizens.signIn(demo.samples()[5].id);
    const { all } = await statement();
    assert.deepEqual(verifyStatement(all, demo.vkey).count, { row: 0, since: 0 });
    const { status, stderr } = await ours(all);
    assert.equal(status, 0, stderr);
});

test('parts of nobody, and words that are off, are refused', async () => {
    const { status } = await me('statement', { next: 'f'.repeat(48) });
    assert.equal(status, 404);
    assert.equal((await me('statement', { next: 'x' })).status, 400);
    assert.equal((await demo.dancu(['statement', 'verify'])).status, 2);
    assert.equal((await demo.dancu(['statement', 'verify', '/nowhere', '--vkey', demo.vkeyFile])).status, 2);
});
