// The citizens' pages as a person meets them who has a keyboard and no script, and no good eyes: each is
// held against WCAG 2.2 by axe (npm `@axe-core/playwright`), and walked through by keys alone.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { CLAIM } from '../../tools/demo-portal.mjs';
import { Citizens } from './lib/citizens.mjs';
import { demonstration } from './lib/demo.mjs';
import { serve } from './lib/server.mjs';

const EXECUTABLE = process.env.DANCU_CHROMIUM ?? '/usr/bin/chromium';
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const TABS_MAX = 60;
const MS_MAX = 5000;
const here = existsSync(EXECUTABLE);
const options = { skip: here ? false : 'chromium is not installed' };
let demo;
let server;
let citizens;
let browser;
let page;
let looked; // the same for axe, which is a script
let person;

before(async () => {
    if (!here) {
        return;
    }
    demo = await demonstration('pages');
    [person] = demo.samples();
    citizens = await Citizens.open(demo);
    citizens.portal.everybody = { sub: 'u-1', [CLAIM]: person.id };
    server = await serve(demo, { edges: 1, args: citizens.args });
    await citizens.ready(server);
    browser = await chromium.launch({ executablePath: EXECUTABLE,
        args: ['--no-sandbox', '--disable-quic'] });
    const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false,
        viewport: { width: 320, height: 640 } });
    page = await context.newPage();
    page.setDefaultTimeout(MS_MAX);
    looked = await browser.newPage({ viewport: { width: 320, height: 640 } });
});
after(async () => {
    await browser?.close();
    await server?.stop();
    citizens?.close();
    demo?.remove();
});

const axe = () => new AxeBuilder({ page: looked }).setLegacyMode(true);
const faultsOf = ({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);

// What is wrong with the page as it stands; in the dark its colours alone are others.
async function held({ dark = false } = {}) {
    await looked.setContent(await page.content());
    await looked.emulateMedia({ colorScheme: 'light' });
    assert.deepEqual(faultsOf(await axe().withTags(RULES).analyze()), [], page.url());
    if (dark) {
        await looked.emulateMedia({ colorScheme: 'dark' });
        assert.deepEqual(faultsOf(await axe().withRules('color-contrast').analyze()), [], 'in the dark');
    }
    assert.equal(await page.locator('html').getAttribute('lang'), 'vi');
    assert.equal(await page.locator('script').count(), 0);
    const overflow = await page.evaluate(() =>
        document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(overflow <= 0, `${overflow} pixels too wide on a small screen`);
}

// Goes there by the key Tab alone; what has the focus shows it.
async function tabTo(locator) {
    for (let i = 0; i < TABS_MAX; i++) {
        await page.keyboard.press('Tab');
        if (await locator.evaluate((element) => element === document.activeElement)) {
            const outline = await locator.evaluate((element) => getComputedStyle(element).outlineStyle);
            assert.notEqual(outline, 'none', 'where the focus is can be seen');
            return;
        }
    }
    assert.fail(`${TABS_MAX} tabs did not come to ${locator}`);
}

// Presses a button that was reached by keys, and waits for the page that comes.
async function press(name, exact = false) {
    const button = page.getByRole('button', { name, exact }).first();
    await tabTo(button);
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')]);
}

async function write(label, text) {
    await tabTo(page.getByLabel(label));
    await page.keyboard.type(text);
}

const told = () => page.getByRole('status').innerText();

test('signing in over a portal needs a keyboard and no script', options, async () => {
    await page.goto(`${citizens.site}/signin`);
    await held();
    await tabTo(page.getByRole('link', { name: 'Cổng kiểm thử' }));
    await Promise.all([page.waitForURL(`${citizens.site}/me`), page.keyboard.press('Enter')]);
    await held();
});

test('a citizen sees his own data, whose word each is, and since when', options, async () => {
    await press('Xem thông tin của tôi');
    const text = await told();
    assert.ok(text.includes(person.full_name) && text.includes(person.id), text);
    assert.match(text, /Nguồn và ngày của từng thông tin[^]*Ngày ghi nhận[^]*20\d\d-\d\d-\d\d/u);
    assert.match(text, /Dữ liệu nạp vào cơ sở dữ liệu/u);
    await held({ dark: true });
});

test('a citizen sees who has seen them, and a row with its proof', options, async () => {
    await press('Xem ai đã khai thác thông tin của tôi');
    assert.match(await told(), /Các lần khai thác/u);
    await held();
    await press('Xem bằng chứng của lần');
    assert.match(await told(), /c2sp.org\/tlog-proof@v1/u);
    await held();
});

test('each of the other forms is filled in by keys, and its answer can be read', options, async () => {
    await write('Số điện thoại', '0950000001');
    await press('Gửi mã đến điện thoại');
    await press('Xem điện thoại đã đăng ký');
    await held();
    await write('Mã PIN mới', '123456');
    await press('Đặt mã PIN cho tin nhắn'); // there is no phone: it is refused, in words
    assert.match(await told(), /\p{L}/u);
    await held();
    await tabTo(page.getByLabel('Khi nào'));
    await page.keyboard.press('ArrowDown');
    await press('Đặt cách báo tin');
    assert.match(await told(), /daily/u);
    await press('Xem hộp thư');
    await write('Nội dung đúng là gì', 'Sai tên');
    await write('Họ và tên người đề nghị', person.full_name);
    await press('Đề nghị sửa'); // there is no office yet: it is refused, in words
    assert.match(await told(), /\p{L}/u);
});

test('whoever signs out is at the portal, and his session is over', options, async () => {
    await press('Đăng xuất');
    assert.ok(page.url().startsWith(`${citizens.portal.issuer}/end`), page.url());
    await page.goto(`${citizens.site}/me`);
    assert.equal(page.url(), `${citizens.site}/signin`);
});
