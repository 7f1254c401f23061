export function TablePage() {
  return <div />;
}
