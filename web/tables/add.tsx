export function AddTablePage() {
  return <div />;
}
