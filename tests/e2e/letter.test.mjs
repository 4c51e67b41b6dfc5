// Letters as files: drawn by `dancu letter draw`, read by poppler. What they show stands in
// docs/decisions/0058-rendering.md; that they are signed and sent is tested with the cases.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { binary, must, root, run } from './lib/command.mjs';
import { letterText } from './lib/letter_text.mjs';

const KINDS = ['result', 'grant', 'refusal', 'slip', 'supplement'];
const sample = (kind) => JSON.parse(readFileSync(path.join(root, `tests/letters/${kind}.json`), 'utf8'));

// Lines are broken anywhere; a mark that no letter is made with is read as a line of its own.
const bare = (text) => text.normalize('NFC').replace(/\s+/g, '');

// Without the numbers of pages, which stand first on every page but the first.
async function textOf(file) {
    const { stdout } = await must('pdftotext', ['-raw', file, '-']);
    return stdout.split('\f').slice(0, -1)
        .map((page, i) => (i === 0 ? page : page.replace(new RegExp(`^${i + 1}\\n`), ''))).join('\n');
}

describe('letters', () => {
    let folder;
    const draw = async (name, content) => {
        const out = path.join(folder, `${name}.pdf`);
        writeFileSync(`${out}.json`, JSON.stringify(content));
        return { out, ...await run(binary, ['letter', 'draw', '--content', `${out}.json`, '--out', out]) };
    };
    before(() => {
        folder = mkdtempSync(path.join(tmpdir(), 'dancu-letter-'));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    test('every kind says what its content and template say, to the letter', async () => {
        for (const kind of KINDS) {
            const { out, status, stderr } = await draw(kind, sample(kind));
            assert.equal(status, 0, stderr);
            assert.equal(bare(await textOf(out)), bare(letterText(sample(kind))), kind);
        }
    });

    test('what a content does not have is left out, with what announces it', async () => {
        const content = sample('slip');
        content.matter.documents = [];
        Object.assign(content.matter, { due: null, fee: null });
        content.to.address = content.request.reference = content.office.parent = content.signer.authority = null;
        const { out, status, stderr } = await draw('sparse', content);
        assert.equal(status, 0, stderr);
        const text = bare(await textOf(out));
        assert.equal(text, bare(letterText(content)));
        assert.ok(!text.includes(bare('Giấy tờ đã nhận')) && !text.includes('null'));
    });

    test('a file is A4, named, in Vietnamese, and carries its fonts', async () => {
        const { out } = await draw('result', sample('result'));
        const { stdout: facts } = await must('pdfinfo', [out]);
        assert.match(facts, /^Title: +Thông báo kết quả khai thác thông tin$/m);
        assert.match(facts, /^Page size: +595\.\d+ x 841\.\d+ pts \(A4\)$/m);
        assert.match(readFileSync(out, 'latin1'), /\/Lang \(vi-VN\)/);
        const fonts = (await must('pdffonts', [out])).stdout.trim().split('\n').slice(2);
        assert.ok(fonts.length >= 4);
        for (const font of fonts) {
            assert.match(font, /NotoSerif.* yes yes yes /); // embedded, a subset, with Unicode
        }
    });

    test('the same content is the same file, whatever day it is drawn', async () => {
        const first = await draw('first', sample('grant'));
        const second = await draw('second', Object.fromEntries(Object.entries(sample('grant')).reverse()));
        assert.deepEqual(readFileSync(first.out), readFileSync(second.out));
    });

    test('a list over three pages is whole, with numbers from the second page on', async () => {
        const content = sample('supplement');
        content.matter.missing = Array.from({ length: 60 }, (_, i) => `giấy tờ thứ ${i + 1} còn thiếu`);
        const { out } = await draw('pages', content);
        const pages = (await must('pdftotext', ['-raw', out, '-'])).stdout.split('\f').slice(0, -1);
        assert.equal(pages.length, 3);
        assert.deepEqual(pages.slice(1).map((page) => page.split('\n')[0]), ['2', '3']);
        assert.equal(bare(await textOf(out)), bare(letterText(content)));
    });

    test('what cannot be drawn is refused with its place, and no file is made', async () => {
        const content = sample('slip');
        content.to.name = 'علي';
        const { status, stderr } = await draw('refused', content);
        assert.equal(status, 1);
        assert.equal(stderr, 'dancu: letter draw: /to/name: no face has a glyph for U+0639\n');
        assert.throws(() => readFileSync(path.join(folder, 'refused.pdf')), { code: 'ENOENT' });
    });

    test('templates are checked, and a fault is told with file, line and column', async () => {
        assert.equal((await must(binary, ['letter', 'check'])).stdout, 'letters: good\n');
        cpSync(path.join(root, 'letters'), path.join(folder, 'letters'), { recursive: true });
        const file = path.join(folder, 'letters/slip.yaml');
        writeFileSync(file, readFileSync(file, 'utf8').replace('{place}', '{palace}'));
        const { status, stderr } = await run(binary, ['letter', 'check', path.join(folder, 'letters')]);
        assert.equal(status, 1);
        assert.match(stderr, /^slip\.yaml:14:\d+: `{palace}` is no part of a letter\n$/);
    });

    test('words are those of the policy, field by field and code by code', () => {
        const { words } = parse(readFileSync(path.join(root, 'letters/words.yaml'), 'utf8'));
        const fields = parse(readFileSync(path.join(root, 'policy/fields.yaml'), 'utf8'));
        const of = (list) => words.filter((row) => row.list === list).map(({ code, text }) => [code, text]);
        assert.deepEqual(of('field'), fields.fields.map(({ field, label_vi: label }) => [field, label]));
        assert.deepEqual(of('notice'), fields.notices.map(({ notice, label_vi: label }) => [notice, label]));
        for (const { list } of fields.code_lists) {
            assert.deepEqual(of(list), fields.codes.filter((row) => row.list === list)
                .map(({ code, vi }) => [code, vi]), list);
        }
    });
});
