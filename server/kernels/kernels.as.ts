// The entry of the compiled kernels: every function of the `Kernels` interface, by its name there.
export * from "./bitmap.as";
export * from "./filter.as";
export * from "./sum.as";
export * from "./group-id.as";
export * from "./group.as";
export * from "./merge.as";
export * from "./distinct.as";
export * from "./hash-group.as";
export * from "./gather.as";
export * from "./arithmetic.as";
export * from "./decode.as";
export * from "./text.as";
export * from "./top.as";
