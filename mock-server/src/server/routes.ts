/** All routes of a mock, Feishu's and its own, with or without a socket. */
import * as ByteSize from "effect/ByteSize"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as Layer from "effect/Layer"
import * as FeishuRoutes from "../feishu/routes.ts"
import * as Bounds from "../protocol/Bounds.ts"
import type * as ControlGuard from "../control/ControlGuard.ts"
import * as ControlHandlers from "../control/ControlHandlers.ts"
import * as Middleware from "./middleware.ts"
import type { Workspaces } from "../state/Workspaces.ts"

/** Every route. Without a guard, every caller may use the control plane. */
export const routes = (workspaces: Workspaces, guard: ControlGuard.Options | undefined) =>
  Layer.merge(FeishuRoutes.routes, ControlHandlers.routes(workspaces)).pipe(
    Layer.provideMerge(Middleware.layer(workspaces, guard)),
    // Snapshots may be larger: their handler reads their bodies itself.
    Layer.provide(Layer.succeed(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(Bounds.controlBytes))),
  )
