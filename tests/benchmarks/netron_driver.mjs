// node --expose-gc netron_driver.mjs NETRON WARM FILE: open a file with Netron's own reader.
//
// NETRON is the folder of an installed `netron` package; nothing of it is part of this project.
// WARM is a small file of the same kind that is opened first, so that modules and metadata are
// loaded. As Netron's desktop program does, a file of 1 GiB or more is read piece by piece, a
// smaller one at once. Prints one JSON object: seconds, private bytes beyond those of the small
// file, and how many nodes the model has.

import * as fs from 'node:fs';
import * as path from 'node:path';
import * as url from 'node:url';

const [folder, warm, file] = process.argv.slice(2);
const load = (name) => import(url.pathToFileURL(path.join(folder, name)).href);

global.window = global;
const base = await load('base.js');
const node = await load('node.js');
const view = await load('view.js');

function streamOf(name) {
    const facts = fs.statSync(name);
    return facts.size < 0x40000000
        ? new base.BinaryStream(fs.readFileSync(name))
        : new node.FileStream(name, 0, facts.size, facts.mtimeMs);
}

class Host {
    require(name) {
        return load(`${name}.js`);
    }
}

class Context {
    constructor(name) {
        this.folder = path.dirname(name);
        this.identifier = path.basename(name);
        this.stream = streamOf(name);
    }
    asset(name) {
        return fs.promises.readFile(path.join(folder, name), 'utf-8');
    }
    fetch(name) {
        return streamOf(path.join(this.folder, name));
    }
    require(name) {
        return load(`${name}.js`);
    }
    error(error) {
        throw error;
    }
}

function privateBytes() {
    global.gc();
    const found = /RssAnon:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf-8'));
    return Number(found[1]) * 1024;
}

const service = new view.ModelFactoryService(new Host());
const small = await service.open(new Context(warm));
const before = privateBytes();
const start = performance.now();
const model = await service.open(new Context(file));
const seconds = (performance.now() - start) / 1000;
const bytes = Math.max(0, privateBytes() - before);
const nodes = model.modules.reduce((sum, graph) => sum + graph.nodes.length, 0);
if (!small.format || model.format.split(' ')[0] !== small.format.split(' ')[0]) {
    throw new Error(`'${model.format}' was opened after '${small.format}'.`);
}
console.log(JSON.stringify({ seconds, bytes, nodes, format: model.format }));
