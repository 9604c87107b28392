// `make assets`: static/ anew. Each file has a hash of its content in its name; static/names.json says which is which.
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { compile } from "sass"

const resolve = createRequire(import.meta.url).resolve
const here = import.meta.dirname
const root = join(here, "..")
const out = join(root, "static")
const names = {}

function write(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12)
  names[name] = name.replace(/(\.[a-z0-9]+)$/, `.${hash}$1`)
  writeFileSync(join(out, names[name]), content)
}

rmSync(out, { recursive: true, force: true })
mkdirSync(out)
for (const [family, script] of [["noto-sans", "latin"], ["noto-sans", "vietnamese"], ["noto-sans-thai", "thai"], ["noto-sans-khmer", "khmer"]]) {
  const files = join(dirname(resolve(`@fontsource/${family}/package.json`)), "files")
  for (const weight of [400, 700]) {
    const name = `${family}-${script}-${weight}-normal.woff2`
    write(name, readFileSync(join(files, name)))
  }
}
write("icon.svg", readFileSync(join(here, "icon.svg")))
const css = compile(join(here, "console.scss"), {
  style: "compressed", loadPaths: [here, join(root, "node_modules")], quietDeps: true
}).css
write("console.css", css.replace(/url\("?([a-z0-9-]+\.woff2)"?\)/g, (_, name) => `url(${names[name]})`))
writeFileSync(join(out, "names.json"), JSON.stringify(names, null, 2) + "\n")
