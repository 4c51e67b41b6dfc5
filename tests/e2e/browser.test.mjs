// A browser engine as a reader of the page and as a client of the machine listener.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { verifyAnswer } from './lib/answer.mjs';
import { granted, KYC_FIELDS, kycAsk } from './lib/asks.mjs';
import { demonstration } from './lib/demo.mjs';
import { serve } from './lib/server.mjs';

const EXECUTABLE = process.env.DANCU_CHROMIUM ?? '/usr/bin/chromium';
let demo;
let server;
let browser;

before(async () => {
    demo = await demonstration('browser');
    server = await serve(demo);
    if (existsSync(EXECUTABLE)) {
        browser = await chromium.launch({
            executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-quic'],
        });
    }
});
after(async () => {
    await browser?.close();
    await server?.stop();
    demo?.remove();
});

const skipped = (t) => {
    if (browser === undefined) {
        t.skip('chromium is not installed');
    }
    return browser === undefined;
};

test('the page renders, has a title and a language, and the engine complains of nothing',
    async (t) => {
        if (skipped(t)) {
            return;
        }
        const context = await browser.newContext({ ignoreHTTPSErrors: true });
        const page = await context.newPage();
        const complaints = [];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('requestfailed', (request) => complaints.push(request.url()));
        const response = await page.goto(`https://localhost:${server.publicPort}/`);
        assert.equal(response.status(), 200);
        assert.match(await page.title(), /dancu/);
        assert.equal(await page.locator('html').getAttribute('lang'), 'vi');
        assert.equal(await page.locator('h1').count() > 0, true);
        await page.setViewportSize({ width: 320, height: 640 });
        const overflow = await page.evaluate(() =>
            document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${overflow} pixels too wide on a small screen`);
        for (const link of await page.locator('a').all()) {
            const address = new URL(await link.getAttribute('href'), page.url()).href;
            const found = await context.request.get(address);
            assert.equal(found.status(), 200, address);
        }
        assert.deepEqual(complaints, []);
        await context.close();
    });

test('a letter is checked by hand on a page that needs no script and fits a small screen', async (t) => {
    if (skipped(t)) {
        return;
    }
    const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(`https://localhost:${server.publicPort}/letters`);
    await page.getByLabel('Số văn bản').fill('05/TB-C06 <b>');
    await page.getByLabel('Mã xác thực').fill('7k3m-qx0d v9ta-2hpe');
    await page.getByRole('button').click();
    const status = page.getByRole('status');
    assert.match(await status.innerText(), /Không xác nhận được văn bản này[^]*cannot be confirmed/);
    assert.match(page.url(), /[?]number=05%2FTB-C06\+%3Cb%3E&code=7k3m-qx0d\+v9ta-2hpe$/);
    assert.doesNotMatch(await page.content(), /7k3m|&lt;b/i);
    const box = await status.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= 320, 'it fits');
    await context.close();
});

test("a browser engine with the bank's certificate gets a sample's data", async (t) => {
    if (skipped(t)) {
        return;
    }
    const origin = `https://localhost:${server.port}`;
    const { certPath, keyPath } = demo.client('bank');
    const context = await browser.newContext({
        ignoreHTTPSErrors: true, clientCertificates: [{ origin, certPath, keyPath }],
    });
    const page = await context.newPage();
    const landed = await page.goto(`${origin}/`);
    assert.equal(landed.status(), 404);
    const ask = kycAsk(demo.samples()[0]);
    const found = await page.evaluate(async (body) => {
        const response = await fetch('/v1/lookup', {
            method: 'POST', headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
        });
        const [entry] = performance.getEntriesByType('resource').slice(-1);
        return {
            status: response.status, headers: Object.fromEntries(response.headers),
            text: await response.text(), protocol: entry?.nextHopProtocol,
        };
    }, ask);
    const answer = { ...found, json: JSON.parse(found.text) };
    verifyAnswer(answer, ask, demo.vkey, { party: 'bank', account: 'bank' });
    assert.deepEqual(answer.json.person, granted(demo.samples()[0], KYC_FIELDS));
    t.diagnostic(`${browser.version()} spoke ${found.protocol}`);
    await context.close();
});

test('a browser engine without a certificate is told so, in words', async (t) => {
    if (skipped(t)) {
        return;
    }
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const landed = await page.goto(`https://localhost:${server.port}/`);
    assert.equal(landed.status(), 401);
    assert.equal((await landed.json()).code, 'unauthenticated');
    await context.close();
});
