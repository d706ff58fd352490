// Draws what has to be made of pixels from icon.svg, the picture of the pages and the colours of the evening: icons for
// home screens and old browsers, the mark of letters, and the card that other sites show beside a link to this one.

import { readFileSync } from "node:fs";
import { compile } from "sass";
import sharp from "sharp";

const icon = readFileSync("icon.svg");

// round is the icon as it is, with its round corners.
export function round(size) {
  return pixels(sharp(icon, density(size)).resize(size, size));
}

// square is the icon on a ground that fills all of it, for systems that cut a shape of their own. part is how much of the
// width the icon takes.
export async function square(size, part) {
  const ground = await groundColour();
  const inner = Math.round(size * part);
  const mark = await sharp(icon, density(inner)).resize(inner, inner).png().toBuffer();
  return pixels(sharp({ create: { width: size, height: size, channels: 3, background: ground } }).composite([{ input: mark }]));
}

// groundColour is the colour of the icon at the middle of its upper edge.
async function groundColour() {
  const { data } = await sharp(icon).extract({ left: 16, top: 0, width: 1, height: 1 }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { r: data[0], g: data[1], b: data[2] };
}

// ico is the icon in the format of old browsers, which may hold a PNG.
export async function ico(size) {
  const png = await round(size);
  const head = Buffer.alloc(22);
  head.writeUInt16LE(1, 2); // an icon
  head.writeUInt16LE(1, 4); // of one size
  head.writeUInt8(size, 6);
  head.writeUInt8(size, 7);
  head.writeUInt16LE(1, 10); // plane
  head.writeUInt16LE(32, 12); // bits per pixel
  head.writeUInt32LE(png.length, 14);
  head.writeUInt32LE(head.length, 18);
  return Buffer.concat([head, png]);
}

// card is the picture of the pages in the evening, without a word, because the site's name is a setting.
export function card() {
  const colours = evening();
  const drawing = template("picture");
  const css = compile("_picture.scss").css.replace(/var\(--([a-z-]+)\)/g, (_, name) => colours[name]);
  const placed = drawing
    .replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" x="234" y="10" width="732" height="620" ')
    .replace('pathLength="11"', ""); // what draws here does not know it, so the joints below are in units of their own
  const joint = (133 * Math.PI) / 11;
  return pixels(sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630">
    <style>${css} .p-joint { stroke-dasharray: ${0.08 * joint} ${0.92 * joint}; stroke-dashoffset: ${0.04 * joint} }</style>
    <rect width="1200" height="630" fill="${colours.ground}"/>${placed}</svg>`)));
}

// template is what a template of the picture draws, with the templates that it calls.
function template(name) {
  const [, body] = find("../components/picture.templ", new RegExp(`^templ ${name}\\(\\) \\{\\n(.*?)^\\}`, "ms"));
  return body.replace(/@(\w+)\(\)/g, (_, called) => template(called));
}

// evening are the colours of the dark theme, by name.
function evening() {
  const [, declarations] = find("_theme.scss", /@mixin evening \{(.*?)\n\}/s);
  return Object.fromEntries([...declarations.matchAll(/--([a-z-]+): (.*?);/g)].map(([, name, value]) => [name, value]));
}

function find(file, pattern) {
  const found = readFileSync(file, "utf8").match(pattern);
  if (!found) throw new Error(`${file} has nothing like ${pattern}, so the card cannot be drawn`);
  return found;
}

// density is that at which the icon, 32 units wide, is drawn sharply.
function density(size) {
  return { density: (72 * size) / 32 };
}

function pixels(image) {
  return image.png({ palette: true, compressionLevel: 9, effort: 10 }).toBuffer();
}
