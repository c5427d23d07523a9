// What three.js draws of the map: balls with names, lines between them, and a camera that goes around.
import {
  AmbientLight,
  type BufferGeometry,
  Color,
  CylinderGeometry,
  DirectionalLight,
  Group,
  Mesh,
  MeshLambertMaterial,
  PerspectiveCamera,
  Raycaster,
  Scene,
  SphereGeometry,
  Sprite,
  Vector2,
  Vector3,
  type WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Graph, GraphEdge, GraphNode } from "../../api/outline";
import { hueOfNode } from "../../components/graph/facts";
import { HEIGHT, standing } from "./floors";
import { Nameplates } from "./nameplates";

const TURN = 0.12;
const CLOSER = 0.88;
/** A click is a press that did not turn anything. */
const STEADY = 5;
const STIR_MS = 1_500;
/** A ball with its name above it. */
const LARGEST = 3;
/** Metres in which the whole stands before a user with a headset. */
const IN_A_ROOM = 1.6;
/** Position of the middle of the map, in metres, by the origin of the session: on the floor, or at the eyes. */
const ON_FLOOR = { x: 0, y: 1.2, z: -1.4 };
const AT_EYES = { x: 0, y: -0.3, z: -1.4 };

/** A headset shows the map alone (VR), or within the real room (AR). */
export type Reality = "immersive-vr" | "immersive-ar";

const token = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const colourOf = (node: GraphNode): Color => new Color(token(`--${hueOfNode(node.kind)}`));
const sizeOf = (node: GraphNode): number => 0.7 + Math.min(1.3, Math.log10(Math.max(1, node.calls)) * 0.35);

interface Ball {
  mesh: Mesh<SphereGeometry, MeshLambertMaterial>;
  colour: Color;
  stirredAt: number;
}

export class Scenery {
  private readonly gl: WebGLRenderer;
  private readonly canvas: HTMLCanvasElement;
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(45, 1, 0.1, 2_000);
  private readonly controls: OrbitControls;
  private readonly world = new Group();
  private readonly balls = new Map<string, Ball>();
  private readonly names = new Nameplates();
  private picked: string | null = null;
  private readonly observer: ResizeObserver;
  private readonly onPick: (id: string | null) => void;
  private seen = false;
  private pressed = { x: 0, y: 0 };

  constructor(
    gl: WebGLRenderer,
    canvas: HTMLCanvasElement,
    still: boolean,
    onPick: (id: string | null) => void,
  ) {
    this.gl = gl;
    this.canvas = canvas;
    this.onPick = onPick;
    gl.setPixelRatio(Math.min(2, window.devicePixelRatio));
    gl.xr.enabled = true;
    this.scene.add(new AmbientLight(0xffffff, 2), this.world);
    const sun = new DirectionalLight(0xffffff, 1.6);
    sun.position.set(20, 60, 40);
    this.scene.add(sun);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = !still;
    this.controls.addEventListener("change", this.draw);
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(canvas.parentElement ?? canvas);
    canvas.addEventListener("pointerdown", this.press);
    canvas.addEventListener("pointerup", this.release);
    gl.setAnimationLoop(this.turn);
  }

  show(graph: Graph): void {
    this.clear();
    const spots = new Map(standing(graph).map((spot) => [spot.id, new Vector3(spot.x, spot.y, spot.z)]));
    for (const edge of graph.edges) {
      const [from, to] = [spots.get(edge.from), spots.get(edge.to)];
      if (from && to) this.world.add(line(edge, from, to));
    }
    for (const node of graph.nodes) {
      const at = spots.get(node.id);
      if (at) this.place(node, at);
    }
    if (!this.seen) this.stand(spots.values());
    this.seen = true;
    this.fit();
  }

  /** The picked node is bright, the others fade. */
  pick(id: string | null): void {
    this.picked = id;
    for (const [own, { mesh }] of this.balls) {
      mesh.material.opacity = id === null || own === id ? 1 : 0.35;
      mesh.material.transparent = mesh.material.opacity < 1;
    }
    this.draw();
  }

  stir(ids: ReadonlySet<string>): void {
    for (const id of ids) {
      const ball = this.balls.get(id);
      if (ball) ball.stirredAt = performance.now();
    }
  }

  /** Whether the key meant something. */
  key(key: string): boolean {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const up = new Vector3(0, 1, 0);
    const side = new Vector3().crossVectors(up, offset).normalize();
    const moves: Record<string, () => Vector3> = {
      ArrowLeft: () => offset.applyAxisAngle(up, -TURN),
      ArrowRight: () => offset.applyAxisAngle(up, TURN),
      ArrowUp: () => offset.applyAxisAngle(side, -TURN),
      ArrowDown: () => offset.applyAxisAngle(side, TURN),
      "+": () => offset.multiplyScalar(CLOSER),
      "=": () => offset.multiplyScalar(CLOSER),
      "-": () => offset.multiplyScalar(1 / CLOSER),
    };
    const move = moves[key];
    if (!move) return false;
    this.camera.position.copy(this.controls.target).add(move());
    this.controls.update();
    this.draw();
    return true;
  }

  /** Stands the map in the room of a user with a headset. Fails if the device rejects the session. */
  async enter(reality: Reality): Promise<void> {
    const session = await navigator.xr?.requestSession(reality, { optionalFeatures: ["local-floor"] });
    if (!session) return;
    const floor = session.enabledFeatures?.includes("local-floor") ?? true;
    this.gl.xr.setReferenceSpaceType(floor ? "local-floor" : "local");
    const scale = IN_A_ROOM / Math.max(1, this.balls.size ** 0.5 * HEIGHT);
    this.world.scale.setScalar(scale);
    const at = floor ? ON_FLOOR : AT_EYES;
    this.world.position.set(at.x, at.y, at.z);
    session.addEventListener("end", () => {
      this.world.scale.setScalar(1);
      this.world.position.set(0, 0, 0);
      this.fit();
    });
    await this.gl.xr.setSession(session);
  }

  end(): void {
    this.gl.setAnimationLoop(null);
    this.observer.disconnect();
    this.canvas.removeEventListener("pointerdown", this.press);
    this.canvas.removeEventListener("pointerup", this.release);
    this.controls.dispose();
    this.clear();
    this.gl.dispose();
  }

  private place(node: GraphNode, at: Vector3): void {
    const colour = colourOf(node);
    const mesh = new Mesh(
      new SphereGeometry(sizeOf(node), 24, 16),
      new MeshLambertMaterial({ color: colour }),
    );
    mesh.position.copy(at);
    mesh.userData.id = node.id;
    this.balls.set(node.id, { mesh, colour, stirredAt: 0 });
    const above = at.clone().add(new Vector3(0, sizeOf(node) + 0.2, 0));
    const colours = { ink: token("--ink"), paper: token("--paper"), font: token("--sans") };
    this.world.add(mesh, this.names.add(node, above, colours));
  }

  /** Far enough away that all of it is in sight. */
  private stand(spots: Iterable<Vector3>): void {
    let far = 8;
    for (const spot of spots) far = Math.max(far, spot.length() + LARGEST);
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement ?? this.canvas;
    const half = (this.camera.fov / 2) * (Math.PI / 180);
    const away = far / Math.sin(half) / Math.min(1, width / Math.max(1, height) || 1);
    this.camera.position.set(0.9, 0.7, 2.1).setLength(away);
    this.controls.target.set(0, 0, 0);
    this.controls.update();
  }

  private clear(): void {
    for (const child of [...this.world.children]) {
      this.world.remove(child);
      if (child instanceof Mesh || child instanceof Sprite) {
        child.geometry.dispose();
        child.material.map?.dispose();
        child.material.dispose();
      }
    }
    this.balls.clear();
    this.names.clear();
  }

  private fit(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement ?? this.canvas;
    if (width === 0 || height === 0 || this.gl.xr.isPresenting) return;
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.gl.setSize(width, height, false);
    this.draw();
  }

  private readonly draw = (): void => {
    if (this.gl.xr.isPresenting) this.names.spread();
    else {
      const { clientWidth: width, clientHeight: height } = this.canvas.parentElement ?? this.canvas;
      this.names.arrange(this.camera, width, height, this.picked);
    }
    this.gl.render(this.scene, this.camera);
  };

  /** Nothing is drawn while nothing moves. */
  private readonly turn = (): void => {
    const moved = this.controls.update();
    const now = performance.now();
    let glowing = false;
    for (const ball of this.balls.values()) {
      if (ball.stirredAt === 0) continue;
      const left = 1 - (now - ball.stirredAt) / STIR_MS;
      ball.mesh.material.emissive.copy(ball.colour).multiplyScalar(Math.max(0, left));
      if (left <= 0) ball.stirredAt = 0;
      glowing = true;
    }
    if (moved || glowing || this.gl.xr.isPresenting) this.draw();
  };

  private readonly press = (event: PointerEvent): void => {
    this.pressed = { x: event.clientX, y: event.clientY };
  };

  private readonly release = (event: PointerEvent): void => {
    if (Math.hypot(event.clientX - this.pressed.x, event.clientY - this.pressed.y) > STEADY) return;
    const box = this.canvas.getBoundingClientRect();
    const at = new Vector2(
      ((event.clientX - box.left) / box.width) * 2 - 1,
      1 - ((event.clientY - box.top) / box.height) * 2,
    );
    const ray = new Raycaster();
    ray.setFromCamera(at, this.camera);
    const [hit] = ray.intersectObjects([...this.balls.values()].map(({ mesh }) => mesh));
    this.onPick(typeof hit?.object.userData.id === "string" ? hit.object.userData.id : null);
  };
}

function line(edge: GraphEdge, from: Vector3, to: Vector3): Mesh<BufferGeometry, MeshLambertMaterial> {
  const thick = 0.025 + Math.min(0.09, Math.log10(Math.max(1, edge.calls)) * 0.025);
  const length = from.distanceTo(to);
  const colour = new Color(token(edge.errors > 0 ? "--failure" : "--line"));
  const mesh = new Mesh(
    new CylinderGeometry(thick, thick, length, 6),
    new MeshLambertMaterial({ color: colour }),
  );
  mesh.position.copy(from).add(to).multiplyScalar(0.5);
  mesh.quaternion.setFromUnitVectors(new Vector3(0, 1, 0), to.clone().sub(from).normalize());
  return mesh;
}
