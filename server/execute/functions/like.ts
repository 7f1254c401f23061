/** LIKE. Patterns are cut at their % once; the pieces between are found left to right and never tried again. */
import { StoreError } from "#schemas/errors";
import { type BytesMatcher, isAscii, piecesMatcher } from "#server/execute/functions/ascii";
import { foldPoint, foldText } from "#server/execute/functions/fold";
import { decodeText, utf8Of } from "#server/execute/functions/vectors";

/** Code points; −1 is `_`. */
type Piece = readonly number[];

/** Stands for "_" in a piece. */
const anyOne = -1;

const asItIs = (point: number): number => point;

/** Pieces between the %; with one piece there was no %. Case is folded behind the escapes, which have one. */
function piecesOf(pattern: string, { escape: escaping, ignoreCase }: LikeOptions): Piece[] {
  const fold = ignoreCase ? foldPoint : asItIs;
  const pieces: number[][] = [[]];
  const points = Array.from(pattern);
  for (let at = 0; at < points.length; at++) {
    const point = points[at];
    const last = pieces[pieces.length - 1];
    if (escaping !== "" && point === escaping) {
      // An escape at the end stands for itself.
      at = Math.min(at + 1, points.length - 1);
      last.push(fold(points[at].codePointAt(0)!));
    } else if (point === "%") {
      if (last.length > 0 || pieces.length === 1) pieces.push([]);
    } else last.push(point === "_" ? anyOne : fold(point.codePointAt(0)!));
  }
  return pieces;
}

const isPlain = (piece: Piece): boolean => !piece.includes(anyOne);
const textOfPiece = (piece: Piece): string => String.fromCodePoint(...piece);

/** All pieces are plain text: searched with indexOf. */
function plainMatcher(pieces: readonly Piece[]): (text: string) => boolean {
  const texts = pieces.map(textOfPiece);
  const first = texts[0];
  if (texts.length === 1) return (text) => text === first;
  const last = texts[texts.length - 1];
  const middle = texts.slice(1, -1);
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false;
    let at = first.length;
    for (const part of middle) {
      at = text.indexOf(part, at);
      if (at < 0) return false;
      at += part.length;
    }
    return at <= text.length - last.length;
  };
}

function fitsAt(piece: Piece, points: readonly number[], at: number): boolean {
  for (let i = 0; i < piece.length; i++) if (piece[i] !== anyOne && piece[i] !== points[at + i]) return false;
  return true;
}

/** Pieces with `_`: each is tried at each place once. */
function pieceMatcher(pieces: readonly Piece[]): (text: string) => boolean {
  const [first] = pieces;
  const last = pieces[pieces.length - 1];
  const middle = pieces.slice(1, -1);
  return (text) => {
    const points = Array.from(text, (point) => point.codePointAt(0)!);
    if (pieces.length === 1) return points.length === first.length && fitsAt(first, points, 0);
    const end = points.length - last.length;
    if (end < first.length || !fitsAt(first, points, 0) || !fitsAt(last, points, end)) return false;
    let at = first.length;
    for (const piece of middle) {
      while (at + piece.length <= end && !fitsAt(piece, points, at)) at++;
      if (at + piece.length > end) return false;
      at += piece.length;
    }
    return true;
  };
}

export interface LikeOptions {
  readonly ignoreCase: boolean;
  /** One character, or empty for none. */
  readonly escape: string;
}

/** Whether a text matches the pattern. */
export function likeMatcher(pattern: string, options: LikeOptions): (text: string) => boolean {
  const { ignoreCase, escape: own } = options;
  if (Array.from(own).length > 1)
    throw new StoreError("VALUE_SYNTAX", `ESCAPE takes one character, found "${own}"`);
  const pieces = piecesOf(pattern, options);
  const matches = pieces.every(isPlain) ? plainMatcher(pieces) : pieceMatcher(pieces);
  return ignoreCase ? (text) => matches(foldText(text)) : matches;
}

/** As `likeMatcher`, over UTF-8 bytes; characters are decoded only where bytes do not decide. */
export function likeBytesMatcher(pattern: string, options: LikeOptions): BytesMatcher {
  const { ignoreCase } = options;
  const matches = likeMatcher(pattern, options);
  const general: BytesMatcher = (bytes, start, end) => matches(decodeText(bytes, start, end));
  const pieces = piecesOf(pattern, options);
  const texts = pieces.map((piece) => (isPlain(piece) ? utf8Of(textOfPiece(piece)) : null));
  if (texts.includes(null)) return general;
  const plain = piecesMatcher(texts as Uint8Array[], ignoreCase);
  if (!ignoreCase) return plain;
  // Beyond ASCII, letters change case by more than one bit, as the Kelvin sign does.
  return (bytes, start, end) =>
    isAscii(bytes, start, end) ? plain(bytes, start, end) : general(bytes, start, end);
}
