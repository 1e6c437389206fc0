// One order as the view `orders` shows it, folded event by event, and its form in a state store.
package granary.bench;

import granary.delivery.ShipmentBooked;
import granary.delivery.ShipmentCreated;
import granary.delivery.ShipmentProgressed;
import granary.delivery.ShipmentStatus;
import granary.envelope.Commit;
import granary.envelope.EventRecord;
import granary.orders.OrderCancelled;
import granary.orders.OrderFailed;
import granary.orders.OrderLine;
import granary.orders.OrderPlaced;
import granary.orders.OrderStatus;
import granary.orders.PaymentSubmitted;
import granary.payments.CaptureFailed;
import granary.payments.PaymentCaptured;
import granary.payments.PaymentDeclined;
import granary.payments.PaymentFailed;
import granary.payments.PaymentRefunded;
import granary.payments.PaymentStarted;
import granary.payments.PaymentStatus;
import granary.payments.RefundFailed;
import granary.payments.RefundRequested;
import granary.payments.VoidRequested;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

final class OrderRow {
    private static final class Payment {
        long hi, lo;
        int status, method, openRefunds;
        long amount, currency, captured, refunded;
        String reason = "";
    }

    private static final class Shipment {
        long hi, lo;
        int status;
        String tracking = "";
    }

    private boolean placed;
    private long version, total, currency, placedAt, updatedAt, ownerHi, ownerLo;
    private int status, lineCount, paymentMethod;
    private String warehouse = "", country = "", reference = "", reason = "", lines = "[]";
    private byte[] shipTo = {}, note = {};
    private Payment payment;
    private Shipment shipment;

    // -- folding ------------------------------------------------------------------------------------------------------

    /** All events of one commit of the order, one of its payments, or its shipment. */
    OrderRow apply(Commit commit) {
        final long time = commit.time().unixUs();
        for (int i = 0; i < commit.eventsLength(); ++i) {
            final EventRecord event = commit.events(i);
            final ByteBuffer payload = event.payloadAsByteBuffer().slice();
            switch (event.type() / 100) {
                case 1 -> order(event.type(), payload, commit.firstVersion() + i, time);
                case 2 -> pay(event.type(), payload, time);
                case 4 -> ship(event.type(), payload, time);
                default -> { }
            }
        }
        return this;
    }

    private void order(int type, ByteBuffer payload, long newVersion, long time) {
        if (type == 101) {
            place(OrderPlaced.getRootAsOrderPlaced(payload), time);
        } else if (!placed) {
            return;
        }
        version = newVersion;
        updatedAt = time;
        switch (type) {
            case 101 -> status = OrderStatus.created;
            case 102 -> paymentMethod = PaymentSubmitted.getRootAsPaymentSubmitted(payload).paymentMethod();
            case 103 -> status = OrderStatus.paid;
            case 104 -> status = OrderStatus.packed;
            case 105 -> status = OrderStatus.shipped;
            case 106 -> status = OrderStatus.delivered;
            case 107 -> end(OrderStatus.cancelled, OrderCancelled.getRootAsOrderCancelled(payload).reason());
            case 108 -> end(OrderStatus.failed, OrderFailed.getRootAsOrderFailed(payload).reason());
            default -> throw new IllegalStateException("an event that this comparison does not know: " + type);
        }
    }

    private void end(int how, String why) {
        status = how;
        reason = text(why);
    }

    private void place(OrderPlaced event, long time) {
        placed = true;
        placedAt = time;
        total = event.total().minor();
        currency = event.total().currency();
        lineCount = event.linesLength();
        paymentMethod = event.paymentMethod();
        reference = text(event.reference());
        warehouse = code(event.warehouse().size(), event.warehouse()::text);
        country = code(event.country().size(), event.country()::text);
        if (event.customer() != null) {
            ownerHi = event.customer().hi();
            ownerLo = event.customer().lo();
        }
        if (event.shipTo() != null) shipTo = bytes(event.shipTo().boxAsByteBuffer());
        if (event.note() != null) note = bytes(event.note().boxAsByteBuffer());
        final StringBuilder json = new StringBuilder("[");
        for (int i = 0; i < event.linesLength(); ++i) line(json, event.lines(i), i);
        lines = json.append(']').toString();
    }

    private static void line(StringBuilder json, OrderLine line, int number) {
        if (number > 0) json.append(',');
        json.append("{\"sku\":\"").append(code(line.sku().size(), line.sku()::text)).append("\",\"name\":\"").append(text(line.name())).append("\",\"quantity\":").append(line.quantity())
            .append(",\"unit_price\":").append(line.unitPrice().tenThousandths()).append(",\"amount\":").append(line.amount().tenThousandths()).append('}');
    }

    private void pay(int type, ByteBuffer payload, long time) {
        if (!placed) return;
        updatedAt = time;
        if (type == 201) {
            start(PaymentStarted.getRootAsPaymentStarted(payload));
            return;
        }
        if (payment == null) return;
        switch (type) {
            case 202 -> payment.status = PaymentStatus.authorized;
            case 203 -> become(PaymentStatus.declined, PaymentDeclined.getRootAsPaymentDeclined(payload).reason());
            case 204 -> payment.status = PaymentStatus.capturing;
            case 205 -> {
                become(PaymentStatus.captured, "");
                payment.captured = PaymentCaptured.getRootAsPaymentCaptured(payload).amount().minor();
            }
            case 206 -> become(PaymentStatus.authorized, CaptureFailed.getRootAsCaptureFailed(payload).reason());
            case 207 -> become(PaymentStatus.voiding, VoidRequested.getRootAsVoidRequested(payload).reason());
            case 208 -> payment.status = PaymentStatus.voided;
            case 209 -> {
                become(PaymentStatus.refunding, RefundRequested.getRootAsRefundRequested(payload).reason());
                ++payment.openRefunds;
            }
            case 210 -> {
                payment.refunded += PaymentRefunded.getRootAsPaymentRefunded(payload).amount().minor();
                settle();
            }
            case 211 -> {
                settle();
                payment.reason = text(RefundFailed.getRootAsRefundFailed(payload).reason());
            }
            case 212 -> become(PaymentStatus.failed, PaymentFailed.getRootAsPaymentFailed(payload).reason());
            default -> throw new IllegalStateException("an event that this comparison does not know: " + type);
        }
    }

    private void start(PaymentStarted event) {
        payment = new Payment();
        payment.hi = event.paymentId().hi();
        payment.lo = event.paymentId().lo();
        payment.status = PaymentStatus.authorizing;
        payment.method = event.method();
        payment.amount = event.amount().minor();
        payment.currency = event.amount().currency();
    }

    private void become(int how, String why) {
        payment.status = how;
        payment.reason = text(why);
    }

    private void settle() {
        if (payment.openRefunds > 0) --payment.openRefunds;
        if (payment.openRefunds > 0) payment.status = PaymentStatus.refunding;
        else if (payment.refunded == 0) payment.status = PaymentStatus.captured;
        else payment.status = payment.refunded >= payment.captured ? PaymentStatus.refunded : PaymentStatus.partially_refunded;
    }

    private void ship(int type, ByteBuffer payload, long time) {
        if (!placed) return;
        updatedAt = time;
        if (type == 401) {
            final ShipmentCreated event = ShipmentCreated.getRootAsShipmentCreated(payload);
            shipment = new Shipment();
            shipment.hi = event.shipmentId().hi();
            shipment.lo = event.shipmentId().lo();
            shipment.status = ShipmentStatus.created;
            return;
        }
        if (shipment == null) return;
        switch (type) {
            case 402 -> {
                shipment.status = Math.max(shipment.status, ShipmentStatus.booked);
                shipment.tracking = text(ShipmentBooked.getRootAsShipmentBooked(payload).trackingNumber());
            }
            case 403 -> shipment.status = ShipmentProgressed.getRootAsShipmentProgressed(payload).status();
            case 404 -> shipment.status = ShipmentStatus.failed;
            case 405 -> shipment.status = ShipmentStatus.cancelling;
            case 406 -> shipment.status = ShipmentStatus.cancelled;
            default -> throw new IllegalStateException("an event that this comparison does not know: " + type);
        }
    }

    // -- in a store ---------------------------------------------------------------------------------------------------

    byte[] toBytes() {
        final byte[][] texts = {utf8(warehouse), utf8(country), utf8(reference), utf8(reason), utf8(lines), shipTo, note};
        final byte[] paymentReason = payment == null ? new byte[0] : utf8(payment.reason);
        final byte[] tracking = shipment == null ? new byte[0] : utf8(shipment.tracking);
        int size = 128 + 96 + 48 + paymentReason.length + tracking.length;
        for (byte[] each : texts) size += 4 + each.length;
        final ByteBuffer out = ByteBuffer.allocate(size);
        out.put((byte) (placed ? 1 : 0)).putLong(version).putInt(status).putLong(total).putLong(currency).putInt(lineCount).putInt(paymentMethod).putLong(placedAt).putLong(updatedAt);
        out.putLong(ownerHi).putLong(ownerLo);
        for (byte[] each : texts) put(out, each);
        out.put((byte) (payment == null ? 0 : 1));
        if (payment != null) {
            out.putLong(payment.hi).putLong(payment.lo).putInt(payment.status).putInt(payment.method).putInt(payment.openRefunds);
            out.putLong(payment.amount).putLong(payment.currency).putLong(payment.captured).putLong(payment.refunded);
            put(out, paymentReason);
        }
        out.put((byte) (shipment == null ? 0 : 1));
        if (shipment != null) {
            out.putLong(shipment.hi).putLong(shipment.lo).putInt(shipment.status);
            put(out, tracking);
        }
        return java.util.Arrays.copyOf(out.array(), out.position());
    }

    static OrderRow fromBytes(byte[] bytes) {
        final ByteBuffer in = ByteBuffer.wrap(bytes);
        final OrderRow row = new OrderRow();
        row.placed = in.get() == 1;
        row.version = in.getLong();
        row.status = in.getInt();
        row.total = in.getLong();
        row.currency = in.getLong();
        row.lineCount = in.getInt();
        row.paymentMethod = in.getInt();
        row.placedAt = in.getLong();
        row.updatedAt = in.getLong();
        row.ownerHi = in.getLong();
        row.ownerLo = in.getLong();
        row.warehouse = taken(in);
        row.country = taken(in);
        row.reference = taken(in);
        row.reason = taken(in);
        row.lines = taken(in);
        row.shipTo = take(in);
        row.note = take(in);
        if (in.get() == 1) {
            final Payment payment = new Payment();
            payment.hi = in.getLong();
            payment.lo = in.getLong();
            payment.status = in.getInt();
            payment.method = in.getInt();
            payment.openRefunds = in.getInt();
            payment.amount = in.getLong();
            payment.currency = in.getLong();
            payment.captured = in.getLong();
            payment.refunded = in.getLong();
            payment.reason = taken(in);
            row.payment = payment;
        }
        if (in.get() == 1) {
            final Shipment shipment = new Shipment();
            shipment.hi = in.getLong();
            shipment.lo = in.getLong();
            shipment.status = in.getInt();
            shipment.tracking = taken(in);
            row.shipment = shipment;
        }
        return row;
    }

    /** What is compared with Granary's own table: `id,status,total,line_count,version,payment,shipment,tracking`. */
    String csv(String order) {
        final String paid = payment == null ? "" : PaymentStatus.name(payment.status);
        final String sent = shipment == null ? "," : ShipmentStatus.name(shipment.status) + "," + shipment.tracking;
        return order + "," + OrderStatus.name(status).toUpperCase() + "," + total + "," + lineCount + "," + version + "," + paid + "," + sent;
    }

    // -- small parts --------------------------------------------------------------------------------------------------

    private interface At {
        int at(int index);
    }

    private static String code(int size, At text) {
        final char[] characters = new char[size];
        for (int i = 0; i < size; ++i) characters[i] = (char) text.at(i);
        return new String(characters);
    }

    private static String text(String value) {
        return value == null ? "" : value;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        final byte[] all = new byte[buffer.remaining()];
        buffer.get(all);
        return all;
    }

    private static byte[] utf8(String value) {
        return value.getBytes(StandardCharsets.UTF_8);
    }

    private static void put(ByteBuffer out, byte[] value) {
        out.putInt(value.length).put(value);
    }

    private static byte[] take(ByteBuffer in) {
        final byte[] value = new byte[in.getInt()];
        in.get(value);
        return value;
    }

    private static String taken(ByteBuffer in) {
        return new String(take(in), StandardCharsets.UTF_8);
    }
}
