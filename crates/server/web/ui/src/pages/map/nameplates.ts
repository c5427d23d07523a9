// Names of the balls: pictures of text above them, of one size on the screen whatever their distance. Of names that would
// lie over each other, the one with more calls is shown; the others appear when the camera comes closer.
import {
  CanvasTexture,
  LinearFilter,
  type PerspectiveCamera,
  Sprite,
  SpriteMaterial,
  SRGBColorSpace,
  type Vector3,
} from "three";
import type { GraphNode } from "../../api/outline";
import { shortName } from "../../lib/names";

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Which boxes are shown: those that lie over none that is shown before them. */
export function unobstructed(boxes: readonly (Box | null)[]): boolean[] {
  const shown: Box[] = [];
  return boxes.map((box) => {
    if (!box) return false;
    const covers = shown.some(
      (other) =>
        box.left < other.left + other.width &&
        other.left < box.left + box.width &&
        box.top < other.top + other.height &&
        other.top < box.top + box.height,
    );
    if (!covers) shown.push(box);
    return !covers;
  });
}

const LENGTH = 28;
/** Pixels of the screen. */
const SIZE = 13;
const MARGIN = 4;
const LINE = 20;
/** Pixels of the picture for one of the screen: sharp on fine screens too. */
const SHARP = 2;
/** Units of length for one pixel in a headset, where nothing has a size on the screen. */
const IN_SPACE = 0.06;

interface Nameplate {
  id: string;
  sprite: Sprite;
  calls: number;
  /** Pixels of the screen. */
  width: number;
}

export class Nameplates {
  private plates: Nameplate[] = [];

  /** The name of a node, to be added where the ball is. */
  add(node: GraphNode, at: Vector3, colours: { ink: string; paper: string; font: string }): Sprite {
    const picture = document.createElement("canvas");
    const pen = picture.getContext("2d");
    const name = shortName(node.name);
    const text = name.length > LENGTH ? `${name.slice(0, LENGTH - 1)}…` : name;
    if (pen) {
      const font = `600 ${SIZE * SHARP}px ${colours.font}`;
      pen.font = font;
      picture.width = Math.ceil(pen.measureText(text).width) + 2 * MARGIN * SHARP;
      picture.height = LINE * SHARP;
      pen.font = font;
      pen.textBaseline = "middle";
      pen.lineJoin = "round";
      pen.lineWidth = 3 * SHARP;
      pen.strokeStyle = colours.paper;
      pen.strokeText(text, MARGIN * SHARP, picture.height / 2);
      pen.fillStyle = colours.ink;
      pen.fillText(text, MARGIN * SHARP, picture.height / 2);
    }
    const texture = new CanvasTexture(picture);
    texture.colorSpace = SRGBColorSpace;
    texture.minFilter = LinearFilter;
    texture.generateMipmaps = false;
    const sprite = new Sprite(new SpriteMaterial({ map: texture, depthTest: false, depthWrite: false }));
    sprite.center.set(0.5, 0);
    sprite.position.copy(at);
    sprite.renderOrder = 1;
    this.plates.push({ id: node.id, sprite, calls: node.calls, width: picture.width / SHARP });
    this.plates.sort((one, other) => other.calls - one.calls);
    return sprite;
  }

  clear(): void {
    this.plates = [];
  }

  /** Sizes the names for a screen of so many pixels, and hides those that others cover. The picked one comes first. */
  arrange(camera: PerspectiveCamera, width: number, height: number, picked: string | null): void {
    const unit = (2 * Math.tan((camera.fov / 2) * (Math.PI / 180))) / Math.max(1, height);
    const ordered = [...this.plates].sort(
      (one, other) => Number(other.id === picked) - Number(one.id === picked),
    );
    camera.updateMatrixWorld();
    const boxes = ordered.map((plate) => {
      const seen = plate.sprite.position.clone().applyMatrix4(camera.matrixWorldInverse);
      const scale = -seen.z * unit;
      plate.sprite.scale.set(plate.width * scale, LINE * scale, 1);
      if (seen.z >= 0) return null;
      const at = plate.sprite.position.clone().project(camera);
      const [x, y] = [((at.x + 1) / 2) * width, ((1 - at.y) / 2) * height];
      return { left: x - plate.width / 2, top: y - LINE, width: plate.width, height: LINE };
    });
    for (const [place, isShown] of unobstructed(boxes).entries()) {
      const plate = ordered[place];
      if (plate) plate.sprite.visible = isShown;
    }
  }

  /** Gives every name a size in space, for a headset. */
  spread(): void {
    for (const { sprite, width } of this.plates) {
      sprite.visible = true;
      sprite.scale.set(width * IN_SPACE, LINE * IN_SPACE, 1);
    }
  }
}
