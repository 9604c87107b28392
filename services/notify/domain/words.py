"""The words of each notice in each language. They name no person, agency, case or reason to be in contact."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "en": {
        "started_urgent": (
            "Something that was begun needs a look now",
            "Reference {reference}. Please sign in: {link}",
        ),
        "started": (
            "Something that was begun is not finished",
            "Reference {reference}. Please sign in: {link}",
        ),
        "new_assignment": ("Something was assigned to you", "Reference {reference}. Please sign in: {link}"),
        "new_request": ("A request waits for you", "Reference {reference}. Please sign in: {link}"),
        "answer": ("There is an answer", "Reference {reference}. Please sign in: {link}"),
        "act_now": ("Please look at this today", "Reference {reference}. Please sign in: {link}"),
        "much_opened": ("Much was opened today", "Reference {reference}. Please sign in: {link}"),
        "emergency_opened": (
            "Something was opened in an emergency",
            "Reference {reference}. Please sign in: {link}",
        ),
        "file_changed": ("Something changed", "Reference {reference}. Please sign in: {link}"),
        "urgent": ("Please look at this now", "Reference {reference}. Please sign in: {link}"),
        "approval": ("A second person is needed now", "Reference {reference}. Please sign in: {link}"),
        "hold": ("Something must wait", "Reference {reference}. Please sign in: {link}"),
        "refusal": ("The answer is no", "Reference {reference}. Please sign in: {link}"),
        "reminder": ("A request still waits for you", "Reference {reference}. Please sign in: {link}"),
        "overdue": ("Nobody has answered in time", "Reference {reference}. Please sign in: {link}"),
        "unattended": (
            "Something has nobody who looks after it",
            "Reference {reference}. Please sign in: {link}",
        ),
        "due": ("Something is due soon", "Reference {reference}. Please sign in: {link}"),
        "late": ("Something is late", "Reference {reference}. Please sign in: {link}"),
    },
    "th": {
        "started_urgent": ("มีเรื่องที่เริ่มไว้ โปรดดูทันที", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "started": ("มีเรื่องที่เริ่มไว้แต่ยังไม่เสร็จ", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "new_assignment": ("มีงานมอบหมายให้คุณ", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "new_request": ("มีคำขอรอคุณอยู่", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "answer": ("มีคำตอบแล้ว", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "act_now": ("โปรดดูเรื่องนี้วันนี้", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "much_opened": ("วันนี้มีการเปิดดูมาก", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "emergency_opened": ("มีการเปิดดูในกรณีฉุกเฉิน", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "file_changed": ("มีการเปลี่ยนแปลง", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "urgent": ("โปรดดูเรื่องนี้ทันที", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "approval": ("ต้องการบุคคลที่สองทันที", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "hold": ("มีเรื่องที่ต้องรอ", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "refusal": ("ได้รับคำตอบปฏิเสธ", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "reminder": ("ยังมีคำขอรอคุณอยู่", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "overdue": ("ยังไม่มีใครตอบภายในเวลา", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "unattended": ("มีเรื่องที่ยังไม่มีผู้ดูแล", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "due": ("มีเรื่องที่ใกล้ถึงกำหนด", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
        "late": ("มีเรื่องที่เกินกำหนด", "หมายเลขอ้างอิง {reference} โปรดลงชื่อเข้าใช้: {link}"),
    },
    "km": {
        "started_urgent": ("មានរឿងដែលបានចាប់ផ្តើម សូមមើលភ្លាមៗ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "started": ("មានរឿងដែលបានចាប់ផ្តើម តែមិនទាន់ចប់", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "new_assignment": ("មានកិច្ចការប្រគល់ជូនអ្នក", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "new_request": ("មានសំណើរង់ចាំអ្នក", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "answer": ("មានចម្លើយហើយ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "act_now": ("សូមមើលរឿងនេះនៅថ្ងៃនេះ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "much_opened": ("ថ្ងៃនេះមានការបើកមើលច្រើន", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "emergency_opened": ("មានការបើកមើលក្នុងករណីបន្ទាន់", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "file_changed": ("មានការផ្លាស់ប្តូរ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "urgent": ("សូមមើលរឿងនេះភ្លាមៗ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "approval": ("ត្រូវការបុគ្គលទីពីរភ្លាមៗ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "hold": ("មានរឿងដែលត្រូវរង់ចាំ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "refusal": ("មានចម្លើយបដិសេធ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "reminder": ("សំណើនៅតែរង់ចាំអ្នក", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "overdue": ("មិនទាន់មាននរណាឆ្លើយទាន់ពេលទេ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "unattended": ("មានកិច្ចការដែលមិនទាន់មានអ្នកមើលថែ", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "due": ("មានកិច្ចការជិតដល់កំណត់", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
        "late": ("មានកិច្ចការហួសកំណត់", "លេខយោង {reference} សូមចូលប្រព័ន្ធ៖ {link}"),
    },
    "vi": {
        "started_urgent": (
            "Có việc đã bắt đầu cần xem ngay",
            "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}",
        ),
        "started": (
            "Có việc đã bắt đầu mà chưa xong",
            "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}",
        ),
        "new_assignment": (
            "Có việc được giao cho bạn",
            "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}",
        ),
        "new_request": ("Có yêu cầu đang chờ bạn", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "answer": ("Đã có câu trả lời", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "act_now": (
            "Vui lòng xem việc này trong hôm nay",
            "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}",
        ),
        "much_opened": (
            "Hôm nay có nhiều lượt mở xem",
            "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}",
        ),
        "emergency_opened": (
            "Có lượt mở xem khẩn cấp",
            "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}",
        ),
        "file_changed": ("Có thay đổi", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "urgent": ("Vui lòng xem việc này ngay", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "approval": ("Cần ngay người thứ hai", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "hold": ("Có việc phải chờ", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "refusal": ("Câu trả lời là không", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "reminder": ("Yêu cầu vẫn đang chờ bạn", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "overdue": ("Chưa có ai trả lời đúng hạn", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "unattended": (
            "Có việc chưa có người phụ trách",
            "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}",
        ),
        "due": ("Có việc sắp đến hạn", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
        "late": ("Có việc đã quá hạn", "Mã tham chiếu {reference}. Vui lòng đăng nhập: {link}"),
    },
}

FORBIDDEN: Final = (
    "traffick", "exploit", "victim", "survivor", "shelter", "abuse", "police", "migra", "consent", "referral",
    "return", "case", "medical", "pregnan", "embassy", "ngo", "corridor", "withdraw", "recall",
)  # fmt: skip
"""English words that no text may hold in any language, besides those of each country (`words.json` of its folder); a test
reads every text against all of them.
"""


def words(template: str, language: str, reference: str, link: str) -> tuple[str, str]:
    """The subject and the body. An unknown language falls back to its base language, then to English."""
    texts = TEXTS.get(language) or TEXTS.get(language.partition("-")[0]) or TEXTS["en"]
    subject, body = texts[template]
    return subject, body.format(reference=reference, link=link)
